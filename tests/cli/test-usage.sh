#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Proves: the command line is understood or refused with exit code 2, and without a daemon the next step is said.
# Usage: test-usage.sh TRIMTAB PLUGIN-DIR

trimtab=$1
plugins=$2
. "$(dirname "$0")/lib.sh"

refused() { # NAME TEXT ARGUMENT...
        name=$1
        text=$2
        shift 2
        run "$@"
        is status "$status" 2
        is stdout "$(cat "$work/out")" ''
        has err "$text"
        case_done "$name"
}

refused 'no command' 'a command is missing'
refused 'an unknown command, with the nearest' "did you mean 'status'?" statsu
refused 'an unknown command, help being one' "did you mean 'help'?" hlep
refused 'an unknown option' '--bogus' status --bogus
has err "trimtab: 'trimtab help COMMAND' lists the options"
lacks err "$trimtab"
case_done 'an unknown option: who says so, and the next step'
refused 'an option of another command' "'status' does not take --all" status --all
refused 'an argument too many' 'usage: trimtab status' status now
refused 'an option without its argument' '--runtime-dir' status --runtime-dir
refused 'no number' "not 'many'" log -n many
refused 'no lines' "not '0'" log -n 0
refused 'revert of nothing' 'revert takes an object, a rule, a knob' revert
refused 'revert of one and all' 'revert takes an object, a rule, a knob' revert web --all
refused 'explain of nothing' 'usage: trimtab explain' explain
refused 'a pause without a unit' "not '10'" pause --for 10
refused 'a pause of no time' "not '0s'" pause --for 0s
refused 'a time that is none' "not 'yesterday'" log --since yesterday
refused 'half a time that is none' "not '14:3x'" log --since 14:3x
refused 'an unknown mode' 'observe|advise|enforce' mode wild
refused 'mode off' 'observe|advise|enforce' mode off
refused 'permanently what?' 'observe|advise|enforce' mode --permanent
refused 'a filter where there is none' "'rules' does not take --rule" rules --rule x
refused 'plugins of what?' 'usage: trimtab plugins [inspect FILE]' plugins inspect
refused 'the guard of what' 'usage: trimtab guard' guard
refused 'the guard does not do that' 'guard status|events|learn|release' guard sleep
refused 'units of the status' "'guard status' does not take --unit" guard status --unit web
refused 'a release as it comes' "'guard release' does not take --follow" guard release --follow
refused 'units of another command' "'status' does not take --unit" status --unit web
refused 'a deed of nobody' 'usage: trimtab do' do guard
refused 'help on an unknown command' "no command 'xyzzy'" help xyzzy

run --help
is status "$status" 0
for command in status plugins metrics knobs rules explain report do guard log check reload revert pause resume mode advise; do
        has out "  $command "
done
case_done 'help lists the commands'

run help revert
is status "$status" 0
has out 'Usage: trimtab revert OBJECT|RULE|KNOB|ID|--all'
cp "$work/out" "$work/help"
run revert --help
is status "$status" 0
is 'revert --help' "$(cat "$work/out")" "$(cat "$work/help")"
case_done 'help on a command, both ways'

run help help
is status "$status" 0
has out 'Usage: trimtab [OPTION...] COMMAND'
case_done 'help on help'

run --version
is status "$status" 0
has out 'trimtab '
case_done 'version'

for command in help 'help log' --version; do
        status=0
        # shellcheck disable=SC2086
        $as "$trimtab" $command >/dev/full 2>"$work/err" || status=$?
        is "status of $command" "$status" 1
        has err 'cannot print the answer'
done
case_done 'what cannot be printed is a failure'

for command in status plugins metrics knobs rules log 'log --follow --since 10m' reload 'revert x' 'explain x' \
        report 'report guard' 'report guard status' 'do guard release' 'guard events' 'guard events --follow' \
        'pause --for 1d' resume mode 'mode advise' advise; do
        # shellcheck disable=SC2086
        run $command --runtime-dir "$work"
        is "status of $command" "$status" 1
        is "stdout of $command" "$(cat "$work/out")" ''
        has err "no trimtabd answers at $work/bus"
        has err "trimtabd --foreground --runtime-dir"
done
case_done 'without a daemon: which one, why, and the next step'

# The guard goes on without: by what is pinned, and what it has written.
printf '[plugin guard]\npins = %s/pins\nlearnt = %s/learnt\n' "$work" "$work" >"$work/conf"
guard() {
        run guard "$@" --runtime-dir "$work" --config "$work/conf"
}
guard status
is status "$status" 1
has out "none has left a policy below $work/pins: nothing is refused"
guard status --json
is status "$status" 1
json 'd["mode"] == "off" and d["attached"] is False and d["as_asked"] is False'
guard release
is status "$status" 0
has out 'there is nothing to release'
guard release --json
json 'd["released"] is True and d["others"] == 0'
mkdir -p "$work/pins/some"
touch "$work/pins/some/guard_connect4"
guard release
is status "$status" 1
is 'what is no pin' "$(ls "$work/pins/some")" guard_connect4
rm -r "$work/pins"
case_done 'without a daemon: what the guard has left'

guard learn
is status "$status" 1
has err "there is no $work/learnt"
case_done 'without a daemon: nothing was learnt'

cat >"$work/learnt" <<'END'
# What was seen.

[egress-rule learnt-1]
unit = web.service
allow = 192.0.2.1:443/tcp
  192.0.2.2:443/tcp
default = deny

[egress-rule learnt-2]
cgroup = /box
allow = 192.0.2.3/udp
default = deny
END
guard learn
is status "$status" 0
is 'what was learnt' "$(cat "$work/out")" "$(cat "$work/learnt")"
guard learn --unit web
is status "$status" 0
has out '  192.0.2.2:443/tcp'
lacks out '/box'
guard learn --unit '/b*' --json
is status "$status" 0
json 'len(d) == 1 and d[0]["subject"] == "/box" and d[0]["lines"][2] == "allow = 192.0.2.3/udp"'
guard learn --unit db
is status "$status" 1
has err "nothing was learnt of 'db'"
case_done 'without a daemon: what was learnt, by unit'

printf '[plugin guard\n' >"$work/conf"
guard learn
has err "$work/conf:1"
case_done 'without a daemon: what is wrong in trimtab.conf is said'

run --runtime-dir "$work" --json status
before=$status
run status --json --runtime-dir "$work"
is 'option before' "$before" "$status"
has err "$work/bus"
case_done 'options stand before or behind the command'

run plugins inspect "$plugins/cgroup/cgroup.so"
is status "$status" 0
has out 'cgroup'
has out 'loadable: yes'
run plugins inspect --json "$plugins/cgroup/cgroup.so"
is status "$status" 0
json 'd["name"] == "cgroup" and d["loadable"] is True and d["abi"] == 1'
case_done 'a plugin is looked into without a daemon'

run plugins inspect --json "$0"
is status "$status" 1
json 'd["loadable"] is False and d["reason"]'
case_done 'what is no plugin is refused, and why'

finish
