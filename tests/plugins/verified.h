/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_VERIFIED_H
#define TEST_VERIFIED_H

#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * How many instructions the kernel has looked through when it loaded the program with that descriptor: a measure of the time that took,
 * and one that is the same on each machine with that kernel. 0: none, or the kernel does not say (before 5.16).
 */
static inline uint32_t verified_insns(int program)
{
        struct bpf_prog_info info = {};
        union bpf_attr attr = { .info = { .bpf_fd = (uint32_t) program, .info_len = sizeof(info), .info = (uintptr_t) &info } };

        return syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) < 0 ? 0 : info.verified_insns;
}

#endif
