# SPDX-License-Identifier: LGPL-2.1-or-later
# in-turn.sh COMMAND [-- COMMAND]...: runs all, one after another, in the one machine that it takes time to boot; fails if any does.
status=0
set -- "$@" --
command=
for word; do
        if [ "$word" != -- ]; then
                command="$command '$word'"
                continue
        fi
        echo "# $command"
        eval "$command" || { status=1 && echo "FAILED: $command"; }
        command=
done
exit "$status"
