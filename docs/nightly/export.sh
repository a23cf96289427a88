#!/bin/sh
# One export of Omni. Where Omni cannot be reached (5), or an answer was cut (6), the same command goes on later.
export_omni() {
    omnipd export -o "$OMNI_EXPORTS" --api-key-file "$OMNI_KEY_FILE" --since last --keep 30
}
for pause in 60 600 3600; do
    export_omni
    code=$?
    case $code in
        5 | 6) sleep $pause ;;
        *) exit $code ;;
    esac
done
export_omni
