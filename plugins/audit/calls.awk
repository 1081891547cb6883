# SPDX-License-Identifier: LGPL-2.1-or-later
# calls.txt as designated initialisers of an array of struct audit_call.
/^#/ { next }
{
        for (i = 3; i <= NF; i++)
                printf "#ifdef __NR_%s\n[__NR_%s] = { AUDIT_%s, AUDIT_USE_%s },\n#endif\n", $i, $i, $1, $2
}
