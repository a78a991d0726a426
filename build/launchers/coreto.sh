#!/bin/sh
# Starts Coreto in this window. When it ends with an error, the window stays until Enter is pressed.

folder=$(dirname "$0")
program=$folder/coreto
if [ ! -x "$program" ]; then
    # Beside the one-file program, whose name says version and system.
    for program in "$folder"/coreto-*; do
        [ -f "$program" ] && [ -x "$program" ] && break
    done
fi

case ${CORETO_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG-}}}} in
    pt* | PT*) missing='Não há programa coreto em' wait='Aperte Enter para fechar esta janela.' ;;
    *) missing='There is no program coreto in' wait='Press Enter to close this window.' ;;
esac

if [ -x "$program" ]; then
    "$program" "$@"
    status=$?
else
    echo "$missing $folder" >&2
    status=127
fi

# 130: ended with Ctrl-C, so nobody waits for anything.
if [ $status -ne 0 ] && [ $status -ne 130 ] && [ -t 0 ]; then
    printf '\n%s ' "$wait" >&2
    read -r _
fi
exit $status
