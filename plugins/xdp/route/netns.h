/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_NETNS_H
#define XDP_NETNS_H

/* Network namespaces of others. */

/* A descriptor of the one that path is the file of. -EINVAL: it is not one's; -errno. */
int netns_open(const char *path);

/*
 * What run says, called inside the namespace: by a thread made for it, which ends there. The caller's own thread never leaves its
 * namespace, so that nothing has to bring it back.
 */
int netns_run(int fd, int (*run)(void *userdata), void *userdata);

#endif
