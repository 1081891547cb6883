# SPDX-License-Identifier: LGPL-2.1-or-later
# TAP for tests of the command. A case runs it by `run`, and says by `is`, `has` and `json` what must be so.

count=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

# Not root, if it can be helped: the command must not need it.
# Its whole path counts: a build tree below /root cannot be entered by anybody else.
as=''
trimtab=$(realpath "$trimtab")
if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$trimtab" 2>/dev/null; then
        as='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi

# run ARGUMENT...: leaves $status, and the files out and err.
run() {
        status=0
        $as "$trimtab" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}

problem=''

is() { # WHAT GOT WANTED
        [ "$2" = "$3" ] || problem="$problem
#   $1: '$2', not '$3'"
}

has() { # FILE TEXT
        grep -qF -- "$2" "$work/$1" || problem="$problem
#   std$1 lacks: $2"
}

lacks() { # FILE TEXT
        ! grep -qF -- "$2" "$work/$1" || problem="$problem
#   std$1 has: $2"
}

# json EXPRESSION: what Python makes of the document d.
json() {
        python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(not eval(sys.argv[2]))' "$work/out" "$1" 2>"$work/python" || problem="$problem
#   JSON: not $1 $(tail -n 1 "$work/python")"
}

case_done() { # NAME
        count=$((count + 1))
        if [ -z "$problem" ]; then
                echo "ok $count - $1"
        else
                failed=$((failed + 1))
                echo "not ok $count - $1$problem"
                sed 's/^/#   stderr: /' "$work/err"
        fi
        problem=''
}

finish() {
        echo "1..$count"
        [ "$failed" -eq 0 ]
}
