/*
 * The parts of podd that make faults: packets that are late, connections that occupy ports, a conntrack table that is full. Netfilter is
 * spoken to over netlink by hand, so that the lab needs no library.
 */
#define _GNU_SOURCE
#include "podd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { QUEUE = 0, QUEUED_PACKETS = 65536, FILL_MARK = 0x4c414200, FILL_TIMEOUT = 3600, FILL_MOST = 1 << 20, SOCKET_BUFFER = 8 << 20 };

/* Netlink messages, built in a buffer that the caller knows to be large enough. */

struct message {
  struct nlmsghdr *header;
  char *end;
};

static struct message begin(char *at, int subsystem, int type, int flags, int resource) {
  struct message m = {.header = (struct nlmsghdr *)at, .end = at + NLMSG_SPACE(sizeof(struct nfgenmsg))};
  memset(at, 0, NLMSG_SPACE(sizeof(struct nfgenmsg)));
  m.header->nlmsg_type = (uint16_t)(subsystem << 8 | type), m.header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
  struct nfgenmsg *general = NLMSG_DATA(m.header);
  general->nfgen_family = AF_INET, general->version = NFNETLINK_V0, general->res_id = htons((uint16_t)resource);
  return m;
}

static void put(struct message *m, int type, const void *value, size_t length) {
  struct nlattr *attribute = (struct nlattr *)m->end;
  attribute->nla_type = (uint16_t)type, attribute->nla_len = (uint16_t)(NLA_HDRLEN + length);
  memset(m->end + NLA_HDRLEN, 0, NLA_ALIGN(length));
  memcpy(m->end + NLA_HDRLEN, value, length);
  m->end += NLA_HDRLEN + NLA_ALIGN(length);
}

static void put32(struct message *m, int type, uint32_t value) {
  value = htonl(value);
  put(m, type, &value, sizeof value);
}

static struct nlattr *nest(struct message *m, int type) {
  struct nlattr *attribute = (struct nlattr *)m->end;
  attribute->nla_type = (uint16_t)(type | NLA_F_NESTED);
  m->end += NLA_HDRLEN;
  return attribute;
}

static void unnest(struct message *m, struct nlattr *attribute) { attribute->nla_len = (uint16_t)(m->end - (char *)attribute); }

/* Length of the finished message. */
static size_t finish(struct message *m) { return m->header->nlmsg_len = (uint32_t)(m->end - (char *)m->header); }

static int netfilter_socket(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), size = SOCKET_BUFFER;
  struct sockaddr_nl self = {.nl_family = AF_NETLINK};
  if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof self) < 0) die("netlink");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size), setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  return fd;
}

/* Sends a message that asks for an acknowledgement; returns 0 or the kernel's -errno. */
static int request(int fd, struct message *m) {
  char answer[4096];
  m->header->nlmsg_flags |= NLM_F_ACK;
  if (send(fd, m->header, finish(m), 0) < 0) die("netlink send");
  ssize_t got = recv(fd, answer, sizeof answer, 0);
  struct nlmsghdr *header = (struct nlmsghdr *)answer;
  if (got < (ssize_t)NLMSG_SPACE(sizeof(struct nlmsgerr)) || header->nlmsg_type != NLMSG_ERROR) errno = EPROTO, die("netlink answer");
  return ((struct nlmsgerr *)NLMSG_DATA(header))->error;
}

static void request_or_die(int fd, struct message *m, const char *what) {
  int error = request(fd, m);
  if (error) errno = -error, die("%s", what);
}

/* podd delay: the packets of queue 0 go on after MS milliseconds, in order. */

struct delay { int fd; int64_t wait; };
static struct { uint32_t id; int64_t due; } waiting[QUEUED_PACKETS];
static uint32_t head, tail; /* of waiting, as free-running counts */
static volatile sig_atomic_t ending;

static void end(int number) { (void)number, ending = 1; }

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void open_queue(void *argument) {
  struct delay *delay = argument;
  char buffer[256];
  int fd = delay->fd = netfilter_socket(), on = 1;
  setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on);
  struct message m = begin(buffer, NFNL_SUBSYS_QUEUE, NFQNL_MSG_CONFIG, 0, QUEUE);
  struct nfqnl_msg_config_cmd bind_it = {.command = NFQNL_CFG_CMD_BIND, .pf = htons(AF_INET)};
  put(&m, NFQA_CFG_CMD, &bind_it, sizeof bind_it);
  request_or_die(fd, &m, "nfqueue bind");
  m = begin(buffer, NFNL_SUBSYS_QUEUE, NFQNL_MSG_CONFIG, 0, QUEUE);
  struct nfqnl_msg_config_params parameters = {.copy_mode = NFQNL_COPY_META};
  put(&m, NFQA_CFG_PARAMS, &parameters, sizeof parameters);
  put32(&m, NFQA_CFG_QUEUE_MAXLEN, QUEUED_PACKETS);
  request_or_die(fd, &m, "nfqueue parameters");
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  prctl(PR_SET_TIMERSLACK, 1000UL);
}

static void take_packets(struct delay *delay) {
  char buffer[65536];
  for (ssize_t got; (got = recv(delay->fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0;)
    for (struct nlmsghdr *h = (struct nlmsghdr *)buffer; NLMSG_OK(h, got); h = NLMSG_NEXT(h, got)) {
      if (h->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET)) continue;
      struct nlattr *a = (struct nlattr *)((char *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(struct nfgenmsg)));
      while (a->nla_type != NFQA_PACKET_HDR && (char *)a < (char *)h + h->nlmsg_len) a = (struct nlattr *)((char *)a + NLA_ALIGN(a->nla_len));
      if (tail - head == QUEUED_PACKETS) continue; /* cannot be: the kernel's queue is no longer than ours */
      waiting[tail % QUEUED_PACKETS].id = ntohl(((struct nfqnl_msg_packet_hdr *)((char *)a + NLA_HDRLEN))->packet_id);
      waiting[tail++ % QUEUED_PACKETS].due = now_ns() + delay->wait;
    }
}

/* Lets go all packets up to the last one whose time has come; all of them when ALL. */
static void let_go(int fd, bool all) {
  char buffer[128];
  uint32_t last = head;
  int64_t now = now_ns();
  while (last != tail && (all || waiting[last % QUEUED_PACKETS].due <= now)) last++;
  if (last == head) return;
  struct message m = begin(buffer, NFNL_SUBSYS_QUEUE, NFQNL_MSG_VERDICT_BATCH, 0, QUEUE);
  struct nfqnl_msg_verdict_hdr verdict = {.verdict = htonl(NF_ACCEPT), .id = htonl(waiting[(last - 1) % QUEUED_PACKETS].id)};
  put(&m, NFQA_VERDICT_HDR, &verdict, sizeof verdict);
  if (send(fd, buffer, finish(&m), 0) < 0) die("nfqueue verdict");
  head = last;
}

static void run_queue(void *argument) {
  struct delay *delay = argument;
  while (!ending) {
    struct pollfd wait = {.fd = delay->fd, .events = POLLIN};
    int64_t left = head == tail ? 1000000000LL : waiting[head % QUEUED_PACKETS].due - now_ns();
    struct timespec time = {.tv_sec = left > 0 ? left / 1000000000 : 0, .tv_nsec = left > 0 ? left % 1000000000 : 0};
    if (ppoll(&wait, 1, &time, NULL) > 0) take_packets(delay);
    let_go(delay->fd, false);
  }
  take_packets(delay);
  let_go(delay->fd, true);
}

int delay_packets(int milliseconds) {
  struct delay delay = {.wait = milliseconds * 1000000LL};
  background(open_queue, run_queue, &delay);
  return 0;
}

/* podd hold: connections that stay open. */

struct hold { struct sockaddr_in to; int count; };

static void open_connections(void *argument) {
  struct hold *hold = argument;
  struct timeval patience = {.tv_sec = 2};
  for (int i = 0; i < hold->count; i++) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&hold->to, sizeof hold->to) < 0) die("connection %d of %d", i + 1, hold->count);
  }
}

static void stay(void *unused) {
  (void)unused;
  for (;;) pause();
}

int hold_connections(const char *address, int port, int count) {
  struct hold hold = {.to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)}, .count = count};
  if (inet_pton(AF_INET, address, &hold.to.sin_addr) != 1) die("not an address: %s", address);
  background(open_connections, stay, &hold);
  return 0;
}

/* podd conntrack-fill: answered UDP connections of one pod, until the table of this network namespace is full; and kept full. */

struct fill { int fd; uint32_t source, next, most; };

static void put_tuple(struct message *m, int type, uint32_t from, uint32_t to, uint16_t from_port, uint16_t to_port) {
  uint8_t protocol = IPPROTO_UDP;
  struct nlattr *tuple = nest(m, type), *part = nest(m, CTA_TUPLE_IP);
  put(m, CTA_IP_V4_SRC, &from, sizeof from), put(m, CTA_IP_V4_DST, &to, sizeof to);
  unnest(m, part);
  part = nest(m, CTA_TUPLE_PROTO);
  put(m, CTA_PROTO_NUM, &protocol, sizeof protocol);
  put(m, CTA_PROTO_SRC_PORT, &from_port, sizeof from_port), put(m, CTA_PROTO_DST_PORT, &to_port, sizeof to_port);
  unnest(m, part), unnest(m, tuple);
}

static size_t entry(char *at, const struct fill *fill, uint32_t number) {
  uint32_t to = htonl(0xc6120001 + number / 60000); /* 198.18.0.0/15: nobody's */
  uint16_t from_port = htons((uint16_t)(2000 + number % 60000)), to_port = htons(9);
  struct message m = begin(at, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL, 0);
  put_tuple(&m, CTA_TUPLE_ORIG, fill->source, to, from_port, to_port);
  put_tuple(&m, CTA_TUPLE_REPLY, to, fill->source, to_port, from_port);
  put32(&m, CTA_STATUS, IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED);
  put32(&m, CTA_TIMEOUT, FILL_TIMEOUT);
  put32(&m, CTA_MARK, FILL_MARK);
  return finish(&m);
}

/* Adds entries until the kernel refuses one for want of room. */
static void fill_table(struct fill *fill) {
  static char buffer[1 << 16];
  for (;;) {
    size_t used = 0;
    char answer[1 << 16];
    while (used + 512 < sizeof buffer) used += entry(buffer + used, fill, fill->next++);
    if (send(fill->fd, buffer, used, 0) < 0) die("netlink send");
    for (ssize_t got; (got = recv(fill->fd, answer, sizeof answer, MSG_DONTWAIT)) > 0;)
      for (struct nlmsghdr *h = (struct nlmsghdr *)answer; NLMSG_OK(h, got); h = NLMSG_NEXT(h, got)) {
        int error = h->nlmsg_type == NLMSG_ERROR ? -((struct nlmsgerr *)NLMSG_DATA(h))->error : 0;
        if (error == EEXIST || error == 0) continue;
        if (error != ENOMEM) errno = error, die("conntrack entry");
        while (recv(fill->fd, answer, sizeof answer, MSG_DONTWAIT) > 0) {}
        fill->next -= fill->next > 512 ? 512 : fill->next; /* those refused come again */
        return;
      }
    if (fill->next > fill->most) errno = 0, die("the table takes more than %u entries", fill->most);
  }
}

static void open_fill(void *argument) {
  struct fill *fill = argument;
  fill->fd = netfilter_socket();
  fill_table(fill);
}

/* What ends meanwhile makes room for no more than a moment. */
static void run_fill(void *argument) {
  struct fill *fill = argument;
  for (;;) {
    struct timespec pause = {.tv_nsec = 50000000};
    nanosleep(&pause, NULL);
    fill_table(fill);
  }
}

int fill_conntrack(const char *source) {
  struct fill fill = {.most = FILL_MOST};
  if (inet_pton(AF_INET, source, &fill.source) != 1) die("not an address: %s", source);
  background(open_fill, run_fill, &fill);
  return 0;
}

/* Takes out what fill_conntrack put in, by its mark, inside the kernel. */
int empty_conntrack(void) {
  char buffer[256];
  struct message m = begin(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE, 0, 0);
  put32(&m, CTA_MARK, FILL_MARK);
  put32(&m, CTA_MARK_MASK, 0xffffffff);
  request_or_die(netfilter_socket(), &m, "conntrack flush");
  return 0;
}

int flood(const char *address, int port, int count) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const char text[5] = "flood"; // what is small fits where nothing else does
  if (inet_pton(AF_INET, address, &to.sin_addr) != 1) die("not an address: %s", address);
  for (int i = 0; i < count; i++)
    if (sendto(fd, text, sizeof text, 0, (struct sockaddr *)&to, sizeof to) < 0) die("%s:%d", address, port);
  return 0;
}
