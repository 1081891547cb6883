# SPDX-License-Identifier: LGPL-2.1-or-later
# What the tests of plugins built out of tree share; $daemon is the process under test.

fail() {
        echo "$*" >&2
        exit 1
}

# wait_for SECONDS COMMAND...: until the command succeeds
wait_for() {
        tries=$(($1 * 10))
        shift
        until "$@"; do
                tries=$((tries - 1))
                [ "$tries" -gt 0 ] || fail "gave up waiting for: $*"
                kill -0 "$daemon" || fail "the daemon is gone"
                sleep 0.1
        done
}
