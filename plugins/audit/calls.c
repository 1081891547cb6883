/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "calls.h"

#include <linux/io_uring.h>
#include <string.h>
#include <sys/syscall.h>

static const struct audit_call calls[AUDIT_CALLS_MAX] = {
#include "calls-table.h"
};

static const struct audit_call requests[AUDIT_REQUESTS_MAX] = {
        [IORING_OP_READ] = { AUDIT_READ, AUDIT_USE_READ },
        [IORING_OP_READV] = { AUDIT_READ, AUDIT_USE_READ },
        [IORING_OP_READ_FIXED] = { AUDIT_READ, AUDIT_USE_READ },
        [IORING_OP_WRITE] = { AUDIT_WRITE, AUDIT_USE_WRITE },
        [IORING_OP_WRITEV] = { AUDIT_WRITE, AUDIT_USE_WRITE },
        [IORING_OP_WRITE_FIXED] = { AUDIT_WRITE, AUDIT_USE_WRITE },
        [IORING_OP_SPLICE] = { AUDIT_WRITE, AUDIT_USE_WRITE }, /* its file is the one that is written to */
        [IORING_OP_TEE] = { AUDIT_WRITE, AUDIT_USE_NONE },
        [IORING_OP_FSYNC] = { AUDIT_SYNC, AUDIT_USE_SYNC },
        [IORING_OP_SYNC_FILE_RANGE] = { AUDIT_SYNC, AUDIT_USE_SYNC },
        [IORING_OP_OPENAT] = { AUDIT_OPEN, AUDIT_USE_OPEN },
        [IORING_OP_OPENAT2] = { AUDIT_OPEN, AUDIT_USE_OPEN },
        [IORING_OP_SENDMSG] = { AUDIT_NETWORK, AUDIT_USE_NONE },
        [IORING_OP_RECVMSG] = { AUDIT_NETWORK, AUDIT_USE_NONE },
        [IORING_OP_SEND] = { AUDIT_NETWORK, AUDIT_USE_NONE },
        [IORING_OP_RECV] = { AUDIT_NETWORK, AUDIT_USE_NONE },
        [IORING_OP_ACCEPT] = { AUDIT_NETWORK, AUDIT_USE_NONE },
        [IORING_OP_CONNECT] = { AUDIT_NETWORK, AUDIT_USE_NONE },
        [IORING_OP_SHUTDOWN] = { AUDIT_NETWORK, AUDIT_USE_NONE },
        [IORING_OP_SOCKET] = { AUDIT_NETWORK, AUDIT_USE_NONE },
        [IORING_OP_MADVISE] = { AUDIT_MEMORY, AUDIT_USE_NONE },
        [IORING_OP_POLL_ADD] = { AUDIT_WAIT, AUDIT_USE_NONE },
        [IORING_OP_TIMEOUT] = { AUDIT_WAIT, AUDIT_USE_NONE },
        [IORING_OP_LINK_TIMEOUT] = { AUDIT_WAIT, AUDIT_USE_NONE },
};

void audit_calls_fill(struct audit_config *c)
{
        memcpy(c->calls, calls, sizeof(c->calls));
        memcpy(c->compat, audit_calls_compat, sizeof(c->compat));
        memcpy(c->requests, requests, sizeof(c->requests));
}
