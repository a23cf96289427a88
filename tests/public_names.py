"""The public names of omnipd, those of its modules among them, as they are written behind ``omnipd.``."""

import omnipd

MODULES = ("audit", "calc")
PUBLIC = {name: getattr(omnipd, name) for name in omnipd.__all__ if name not in MODULES} | {
    f"{module}.{name}": getattr(getattr(omnipd, module), name)
    for module in MODULES
    for name in getattr(omnipd, module).__all__
}
