/*
 * Sends distinct header-only TCP frames through an interface, paced or as fast as it goes: the sender of the live
 * benchmark. Prints one line of JSON: frames sent, seconds, and how often the device had no room.
 *
 * Every flow is a mid-stream TCP connection whose data segments and acknowledgements alternate, so that sequence numbers
 * move as those of a healthy connection: a flow table that looks at them has its usual work.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "number.h"

enum { ETHERNET = 14, IP = 20, TCP = 32, HEADERS = ETHERNET + IP + TCP, LARGEST = 1514, BATCH = 64 };

static struct {
  const char *interface;
  uint8_t to[6];
  uint64_t frames;
  uint32_t flows, rate, length;
} options = {.frames = 1000000, .flows = 1000, .length = 128};

static uint8_t *frames; /* two per flow: data, acknowledgement */
static size_t stride;
static uint32_t *sequence;

static void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }

static void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16), put16(at + 2, value & 0xffff); }

static uint16_t checksum(const uint8_t *header) {
  uint32_t sum = 0;
  for (int at = 0; at < IP; at += 2) sum += (uint32_t)header[at] << 8 | header[at + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

static uint8_t *frame_of(uint32_t flow, bool data) { return frames + ((size_t)flow * 2 + !data) * stride; }

static uint32_t length_of(bool data) { return data ? options.length : HEADERS; }

static void make_frame(uint32_t flow, bool data) {
  uint8_t *frame = frame_of(flow, data), *ip = frame + ETHERNET, *tcp = ip + IP;
  uint32_t client = 0xc0a80001 + flow / 20000, server = 0xc0a84001;
  uint16_t client_port = (uint16_t)(20000 + flow % 20000), server_port = 443;
  memcpy(frame, options.to, 6);
  memcpy(frame + 6, "\x02\x00\x00\x00\x00\x01", 6);
  put16(frame + 12, ETH_P_IP);
  put16(ip, 0x4500);
  put16(ip + 2, length_of(data) - ETHERNET);
  put16(ip + 6, 0x4000);
  put16(ip + 8, 64u << 8 | IPPROTO_TCP);
  put32(ip + 12, data ? client : server);
  put32(ip + 16, data ? server : client);
  put16(ip + 10, checksum(ip));
  put16(tcp, data ? client_port : server_port);
  put16(tcp + 2, data ? server_port : client_port);
  tcp[12] = TCP / 4 << 4;
  tcp[13] = data ? 0x18 : 0x10;
  put16(tcp + 14, 502);
  put32(tcp + 20, 0x0101080a);
}

/* The next frame in line, with its sequence numbers brought up to date. */
static void next_frame(uint64_t number, struct iovec *part) {
  uint32_t flow = (uint32_t)(number / 2 % options.flows);
  bool data = number % 2 == 0;
  uint8_t *frame = frame_of(flow, data), *tcp = frame + ETHERNET + IP;
  uint32_t now = (uint32_t)(number / options.flows);
  if (data) {
    put32(tcp + 4, sequence[flow]);
    sequence[flow] += options.length - HEADERS;
    put32(tcp + 8, 1);
  } else {
    put32(tcp + 4, 1);
    put32(tcp + 8, sequence[flow]);
  }
  put32(tcp + 24, now);
  put32(tcp + 28, now);
  part->iov_base = frame;
  part->iov_len = length_of(data);
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void wait_until(uint64_t due_ns) {
  struct timespec due = {.tv_sec = (time_t)(due_ns / 1000000000u), .tv_nsec = (long)(due_ns % 1000000000u)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR) continue;
}

static int open_interface(void) {
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1; /* protocol 0: it receives nothing */
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(options.interface)};
  if (fd < 0) err(1, "socket(AF_PACKET)");
  if (!address.sll_ifindex) err(1, "%s", options.interface);
  if (bind(fd, (struct sockaddr *)&address, sizeof address)) err(1, "bind");
  if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on)) err(1, "PACKET_QDISC_BYPASS");
  return fd;
}

static void send_all(int fd, const struct iovec *parts, unsigned count, uint64_t *full) {
  struct mmsghdr messages[BATCH] = {0};
  for (unsigned i = 0; i < count; i++) {
    messages[i].msg_hdr.msg_iov = (struct iovec *)&parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (unsigned done = 0; done < count;) {
    int sent = sendmmsg(fd, messages + done, count - done, 0);
    if (sent > 0) done += (unsigned)sent;
    else if (errno == ENOBUFS || errno == EAGAIN) ++*full;
    else if (errno != EINTR) err(1, "sendmmsg");
  }
}

static void blast(int fd) {
  struct iovec parts[BATCH];
  uint64_t start = now_ns(), full = 0, number = 0;
  while (number < options.frames) {
    unsigned count = options.frames - number < BATCH ? (unsigned)(options.frames - number) : BATCH;
    for (unsigned i = 0; i < count; i++) next_frame(number + i, &parts[i]);
    send_all(fd, parts, count, &full);
    number += count;
    if (options.rate) wait_until(start + number * 1000000000u / options.rate);
  }
  printf("{\"sent\":%llu,\"seconds\":%.3f,\"full\":%llu}\n", (unsigned long long)number,
         (double)(now_ns() - start) / 1e9, (unsigned long long)full);
}

static void usage(void) {
  fputs("blast [-n FRAMES] [-f FLOWS] [-r FRAMES_PER_SECOND] [-l DATA_FRAME_BYTES] INTERFACE TO_MAC\n"
        "  without -r as fast as it goes\n",
        stderr);
  exit(2);
}

int main(int argc, char **argv) {
  int option;
  while ((option = getopt(argc, argv, "n:f:r:l:")) != -1) {
    if (option == 'n') options.frames = number_of(optarg, 1, 1ull << 40);
    else if (option == 'f') options.flows = (uint32_t)number_of(optarg, 1, 1000000);
    else if (option == 'r') options.rate = (uint32_t)number_of(optarg, 0, 100000000);
    else if (option == 'l') options.length = (uint32_t)number_of(optarg, HEADERS, LARGEST);
    else usage();
  }
  if (optind != argc - 2) usage();
  options.interface = argv[optind];
  uint8_t *to = options.to;
  if (sscanf(argv[optind + 1], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", to, to + 1, to + 2, to + 3, to + 4, to + 5) != 6) usage();
  stride = (options.length + 63) / 64 * 64; /* whole cache lines */
  frames = calloc((size_t)options.flows * 2, stride);
  sequence = calloc(options.flows, sizeof *sequence);
  if (!frames || !sequence) err(1, "%u flows", options.flows);
  for (uint32_t flow = 0; flow < options.flows; flow++) make_frame(flow, true), make_frame(flow, false), sequence[flow] = 1;
  blast(open_interface());
  return 0;
}
