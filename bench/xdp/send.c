/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Sends UDP packets as fast as an interface takes them.
 *
 *     send INTERFACE DESTINATION-MAC SOURCE DESTINATION PORT COUNT
 *
 * prints the ns that each took. The kernel makes the frames, as a driver would hand them over: no socket and no stack on this side, and a
 * veth takes them on the sender's CPU, so that most of the time is the receiver's.
 */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "send.bpf.skel.h"

#define BATCH 64
#define SIZE  64

static uint16_t checksum(const uint8_t *p, size_t n)
{
        uint32_t sum = 0;

        for (size_t i = 0; i < n; i += 2)
                sum += (uint32_t) (p[i] << 8 | p[i + 1]);
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return htons((uint16_t) ~sum);
}

static int make_packet(char **argv, uint8_t packet[SIZE])
{
        static const uint8_t head[] = { 0x45, 0, 0, SIZE - 14, 0, 0, 0x40, 0, 64, 17 };
        struct ether_addr mac;
        uint16_t port = htons((uint16_t) atoi(argv[5])), sum;

        memset(packet, 0, SIZE);
        if (!ether_aton_r(argv[2], &mac))
                return -EINVAL;
        memcpy(packet, &mac, 6);
        packet[6] = 2;
        packet[12] = 8;
        memcpy(packet + 14, head, sizeof(head));
        if (inet_pton(AF_INET, argv[3], packet + 26) != 1 || inet_pton(AF_INET, argv[4], packet + 30) != 1)
                return -EINVAL;
        sum = checksum(packet + 14, 20);
        memcpy(packet + 24, &sum, 2);
        packet[34] = 0x30;
        memcpy(packet + 36, &port, 2);
        packet[39] = SIZE - 34;
        return 0;
}

int main(int argc, char **argv)
{
        uint8_t packet[SIZE];
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = SIZE, .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
                    .batch_size = BATCH);
        struct timespec start, end;
        struct send_bpf *skel;

        if (argc != 7 || make_packet(argv, packet) < 0) {
                (void) fprintf(stderr, "usage: send INTERFACE DESTINATION-MAC SOURCE DESTINATION PORT COUNT\n");
                return 2;
        }
        skel = send_bpf__open();
        if (!skel)
                return 1;
        skel->rodata->ifindex = if_nametoindex(argv[1]);
        _Static_assert(sizeof(skel->rodata->frame) == SIZE, "the whole of it");
        memcpy((void *) skel->rodata->frame, packet, SIZE);
        if (send_bpf__load(skel) < 0)
                return 1;

        options.repeat = atoi(argv[6]);
        (void) clock_gettime(CLOCK_MONOTONIC, &start);
        if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.send), &options) < 0) {
                perror("send");
                return 1;
        }
        (void) clock_gettime(CLOCK_MONOTONIC, &end);
        (void) printf("%.1f\n", ((double) (end.tv_sec - start.tv_sec) * 1e9 + (double) (end.tv_nsec - start.tv_nsec)) / options.repeat);
        send_bpf__destroy(skel);
        return 0;
}
