"""The public names of omnipd, those of omnipd.audit among them, as they are written behind ``omnipd.``."""

import omnipd

PUBLIC = {name: getattr(omnipd, name) for name in omnipd.__all__ if name != "audit"} | {
    f"audit.{name}": getattr(omnipd.audit, name) for name in omnipd.audit.__all__
}
