/*
 * Writes a pcap file of header-only packets of many interleaved connections, the same bytes for the
 * same options: the input of the offline benchmark.
 *
 * Every slot of a table holds one connection at a time. A packet is the next one of a slot chosen at
 * random, so neighbours in the file belong to different connections, as on a busy node. A connection
 * that has ended makes room for a new one, so the number of concurrent connections stays.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "number.h"

enum {
  ETHERNET = 14,
  IP = 20,
  RECORD = 16,
  SNAP = 96, /* DNS questions are kept up to here; of TCP and UDP only the headers are kept */
  MSS = 1448,
  CLIENTS = 2000,
  SERVERS = 500,
  FIRST_PORT = 32768,
  PORTS = 28232,
  OUTPUT = 1 << 20,
};

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

enum kind { TCP, UDP, DNS, ICMP };

enum phase { START, SYN_SENT, SYN_ANSWERED, REQUEST, RESPONSE, FIN_BY_CLIENT, FIN_BY_SERVER, LAST_ACK };

struct connection {
  enum kind kind;
  enum phase phase;
  uint32_t client, server; /* addresses, network order */
  uint16_t client_port, server_port;
  uint32_t client_seq, server_seq;
  uint32_t client_tsval, server_tsval;   /* clock offsets of the hosts */
  uint32_t client_echo, server_echo;     /* last tsval seen by client, by server */
  uint32_t left;                         /* data segments until the end */
  uint16_t response_left;                /* segments until the next request */
  uint8_t unacknowledged;                /* segments the client has not answered yet */
  bool again;                            /* the last data segment was lost further on: send it again */
  bool again_from_client;
  uint16_t again_length;
};

static struct {
  uint64_t packets;
  uint32_t connections;
  uint64_t seed;
  uint32_t rate;
  bool microseconds;
  const char *output;
} options = {.packets = 20000000, .connections = 20000, .seed = 1, .rate = 200000};

static uint64_t random_state;
static uint64_t now_ns = 1760000000ull * 1000000000ull;
static uint64_t tcp_connections, other_flows, retransmissions;
static uint16_t next_port[CLIENTS];
static uint16_t ip_id;

static int out;
static uint8_t buffer[OUTPUT + 4096];
static size_t filled;

static uint64_t next_random(void) { /* xorshift64* */
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return random_state * 0x2545f4914f6cdd1dull;
}

static uint32_t below(uint32_t bound) { return (uint32_t)(((next_random() >> 32) * bound) >> 32); }

static void flush(void) {
  size_t done = 0;
  while (done < filled) {
    ssize_t written = write(out, buffer + done, filled - done);
    if (written < 0 && errno != EINTR) err(1, "%s", options.output);
    if (written > 0) done += (size_t)written;
  }
  filled = 0;
}

static uint8_t *put16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
  return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value) { return put16(put16(at, value >> 16), value & 0xffff); }

static uint8_t *put_raw(uint8_t *at, const void *bytes, size_t length) {
  memcpy(at, bytes, length);
  return at + length;
}

static uint16_t checksum(const uint8_t *header, int length) {
  uint32_t sum = 0;
  for (int at = 0; at < length; at += 2) sum += (uint32_t)header[at] << 8 | header[at + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

/* The frame up to its layer 4 header, at the place where the next record's frame belongs. */
static uint8_t *begin_frame(const struct connection *c, bool from_client, int protocol, uint32_t ip_length) {
  uint8_t *frame = buffer + filled + RECORD, *at = frame;
  uint32_t from = from_client ? c->client : c->server, to = from_client ? c->server : c->client;
  at = put_raw(at, "\x02\x00", 2);
  at = put_raw(at, &to, 4);
  at = put_raw(at, "\x02\x00", 2);
  at = put_raw(at, &from, 4);
  at = put16(at, 0x0800);
  at = put16(at, 0x4500);
  at = put16(at, ip_length);
  at = put16(at, ip_id++);
  at = put16(at, 0x4000);
  at = put16(at, 64u << 8 | (unsigned)protocol);
  at = put16(at, 0);
  at = put_raw(at, &from, 4);
  at = put_raw(at, &to, 4);
  put16(frame + ETHERNET + 10, checksum(frame + ETHERNET, IP));
  return at;
}

static void end_frame(const uint8_t *end, uint32_t ip_length) {
  uint32_t original = ETHERNET + ip_length;
  uint32_t captured = (uint32_t)(end - (buffer + filled + RECORD));
  if (captured > SNAP) captured = SNAP;
  uint32_t fraction = (uint32_t)(now_ns % 1000000000ull);
  uint32_t record[4] = {(uint32_t)(now_ns / 1000000000ull), options.microseconds ? fraction / 1000 : fraction,
                        captured, original};
  memcpy(buffer + filled, record, sizeof record);
  filled += RECORD + captured;
  if (filled >= OUTPUT) flush();
}

static uint32_t clock_ms(void) { return (uint32_t)(now_ns / 1000000ull); }

static void tcp(struct connection *c, bool from_client, int flags, uint32_t seq, uint32_t ack, uint16_t length) {
  uint32_t options_length = flags & SYN ? 20 : 12;
  uint32_t ip_length = IP + 20 + options_length + length;
  uint8_t *at = begin_frame(c, from_client, IPPROTO_TCP, ip_length);
  at = put16(at, from_client ? c->client_port : c->server_port);
  at = put16(at, from_client ? c->server_port : c->client_port);
  at = put32(at, seq);
  at = put32(at, ack);
  at = put16(at, (20 + options_length) / 4 << 12 | (unsigned)flags);
  at = put16(at, flags & SYN ? 64240 : 502);
  at = put32(at, 0); /* checksum, which nobody can verify without the payload, and urgent pointer */
  uint32_t tsval = clock_ms() + (from_client ? c->client_tsval : c->server_tsval);
  uint32_t echo = from_client ? c->client_echo : c->server_echo;
  if (from_client) c->server_echo = tsval;
  else c->client_echo = tsval;
  if (flags & SYN) {
    at = put_raw(at, "\x02\x04\x05\xb4\x04\x02", 6);
    at = put16(at, 0x080a);
    at = put32(at, tsval);
    at = put32(at, echo);
    at = put_raw(at, "\x01\x03\x03\x07", 4);
  } else {
    at = put32(at, 0x0101080a);
    at = put32(at, tsval);
    at = put32(at, echo);
  }
  end_frame(at, ip_length);
}

static void choose_ends(struct connection *c) {
  static const uint16_t ports[] = {80, 443, 8080, 5432, 6379, 9092};
  uint32_t client = below(CLIENTS), server = below(SERVERS);
  c->client = htonl(0xc0a80000u + 256 + client);
  c->server = htonl(server % 10 == 0 ? 0xcb007100u + server / 10 : 0xc0a88000u + 256 + server);
  c->client_port = (uint16_t)(FIRST_PORT + next_port[client]);
  next_port[client] = (uint16_t)((next_port[client] + 1) % PORTS);
  c->server_port = c->kind == DNS ? 53 : c->kind == UDP ? 6000 + (uint16_t)below(8) : ports[server % 6];
}

/* Data segments of a connection, from 10 to 1000, few long and many short. */
static uint32_t connection_length(void) { return (uint32_t)(10 * exp(below(1 << 20) / 1048576.0 * log(100))); }

static void begin(struct connection *c) {
  enum kind kind = c->kind;
  memset(c, 0, sizeof *c);
  c->kind = kind;
  choose_ends(c);
  c->client_seq = (uint32_t)next_random();
  c->server_seq = (uint32_t)next_random();
  c->client_tsval = (uint32_t)next_random();
  c->server_tsval = (uint32_t)next_random();
  c->left = kind == DNS ? 2 : kind == ICMP ? 20 : connection_length();
  if (kind == TCP) tcp_connections++;
  else other_flows++;
}

static void send_data(struct connection *c, bool from_client, uint16_t length) {
  uint32_t *seq = from_client ? &c->client_seq : &c->server_seq;
  tcp(c, from_client, PSH | ACK, *seq, from_client ? c->server_seq : c->client_seq, length);
  *seq += length;
  c->again = below(200) == 0;
  c->again_from_client = from_client;
  c->again_length = length;
}

static void send_again(struct connection *c) {
  bool from_client = c->again_from_client;
  uint32_t seq = (from_client ? c->client_seq : c->server_seq) - c->again_length;
  tcp(c, from_client, PSH | ACK, seq, from_client ? c->server_seq : c->client_seq, c->again_length);
  c->again = false;
  retransmissions++;
}

static void data_or_end(struct connection *c) {
  if (c->unacknowledged == 2 || (c->unacknowledged > 0 && c->response_left == 0)) {
    tcp(c, true, ACK, c->client_seq, c->server_seq, 0);
    c->unacknowledged = 0;
  } else if (c->left == 0) {
    bool reset = below(50) == 0;
    tcp(c, true, reset ? RST | ACK : FIN | ACK, c->client_seq++, c->server_seq, 0);
    c->phase = FIN_BY_CLIENT;
    if (reset) begin(c);
  } else if (c->phase == REQUEST) {
    send_data(c, true, (uint16_t)(100 + below(900)));
    c->left--;
    c->response_left = (uint16_t)(1 + below(12));
    c->phase = RESPONSE;
  } else {
    c->left--;
    c->response_left--;
    bool last = c->response_left == 0 || c->left == 0;
    send_data(c, false, last ? (uint16_t)(1 + below(MSS)) : MSS);
    c->unacknowledged++;
    if (last) c->response_left = 0;
    if (last) c->phase = REQUEST;
  }
}

static void next_of_tcp(struct connection *c) {
  if (c->again) {
    send_again(c);
    return;
  }
  switch (c->phase) {
    case START:
      tcp(c, true, SYN, c->client_seq++, 0, 0);
      c->phase = SYN_SENT;
      break;
    case SYN_SENT:
      tcp(c, false, SYN | ACK, c->server_seq++, c->client_seq, 0);
      c->phase = SYN_ANSWERED;
      break;
    case SYN_ANSWERED:
      tcp(c, true, ACK, c->client_seq, c->server_seq, 0);
      c->phase = REQUEST;
      break;
    case REQUEST:
    case RESPONSE:
      data_or_end(c);
      break;
    case FIN_BY_CLIENT:
      tcp(c, false, ACK, c->server_seq, c->client_seq, 0);
      c->phase = FIN_BY_SERVER;
      break;
    case FIN_BY_SERVER:
      tcp(c, false, FIN | ACK, c->server_seq++, c->client_seq, 0);
      c->phase = LAST_ACK;
      break;
    case LAST_ACK:
      tcp(c, true, ACK, c->client_seq, c->server_seq, 0);
      begin(c);
      break;
  }
}

static uint8_t *dns_message(uint8_t *at, const struct connection *c, bool question) {
  at = put16(at, c->client_seq & 0xffff);
  at = put16(at, question ? 0x0100 : 0x8180);
  at = put32(at, question ? 0x00010000 : 0x00010001);
  at = put32(at, 0);
  *at++ = 7;
  at += sprintf((char *)at, "svc%04u", c->client_seq % 1000);
  at = put_raw(at, "\x04shop\x03svc\x00\x00\x01\x00\x01", 14);
  if (question) return at;
  at = put32(at, 0xc00c0001);
  at = put16(at, 1);
  at = put32(at, 30);
  at = put16(at, 4);
  return put32(at, 0x0a640000u + c->client_seq % 1000);
}

static void next_of_udp(struct connection *c, bool from_client) {
  uint8_t message[128];
  uint32_t length = c->kind == DNS ? (uint32_t)(dns_message(message, c, from_client) - message) : 32 + below(1200);
  uint32_t ip_length = IP + 8 + length;
  uint8_t *at = begin_frame(c, from_client, IPPROTO_UDP, ip_length);
  at = put16(at, from_client ? c->client_port : c->server_port);
  at = put16(at, from_client ? c->server_port : c->client_port);
  at = put16(at, 8 + length);
  at = put16(at, 0);
  if (c->kind == DNS) at = put_raw(at, message, length);
  end_frame(at, ip_length);
}

static void next_of_icmp(struct connection *c, bool from_client) {
  uint32_t ip_length = IP + 8 + 56;
  uint8_t *at = begin_frame(c, from_client, IPPROTO_ICMP, ip_length);
  at = put16(at, from_client ? 0x0800 : 0);
  at = put16(at, 0);
  at = put16(at, c->client_port);
  at = put16(at, 20 - c->left / 2);
  end_frame(at, ip_length);
}

static void next_packet(struct connection *c) {
  if (c->kind == TCP) {
    next_of_tcp(c);
    return;
  }
  bool from_client = c->kind == UDP ? below(2) == 0 || c->phase == START : c->left % 2 == 0;
  c->phase = REQUEST;
  if (c->kind == ICMP) next_of_icmp(c, from_client);
  else next_of_udp(c, from_client);
  if (--c->left == 0) begin(c);
}

/* Every hundred slots: 92 TCP, 4 UDP, 3 DNS, 1 ICMP; and as a slot is chosen at random, so are the packets. */
static enum kind kind_of_slot(uint32_t slot) {
  uint32_t part = slot % 100;
  return part < 92 ? TCP : part < 96 ? UDP : part < 99 ? DNS : ICMP;
}

static void write_file_header(void) {
  uint32_t header[6] = {options.microseconds ? 0xa1b2c3d4 : 0xa1b23c4d, 4u << 16 | 2u, 0, 0, SNAP, 1};
  memcpy(buffer, header, sizeof header);
  filled = sizeof header;
}

static void generate(void) {
  struct connection *table = calloc(options.connections, sizeof *table);
  if (table == NULL) err(1, "%u connections", options.connections);
  for (uint32_t slot = 0; slot < options.connections; slot++) {
    table[slot].kind = kind_of_slot(slot);
    begin(&table[slot]);
  }
  uint32_t gap_ns = 1000000000u / options.rate;
  for (uint64_t packet = 0; packet < options.packets; packet++) {
    now_ns += gap_ns / 2 + below(gap_ns);
    next_packet(&table[below(options.connections)]);
  }
  flush();
  free(table);
}

static void usage(void) {
  fputs("pcapgen [-n PACKETS] [-c CONNECTIONS] [-r PACKETS_PER_SECOND] [-s SEED] [-u] FILE\n"
        "  -u   time stamps in microseconds (default nanoseconds)\n",
        stderr);
  exit(2);
}

int main(int argc, char **argv) {
  int option;
  while ((option = getopt(argc, argv, "n:c:r:s:u")) != -1) {
    if (option == 'n') options.packets = number_of(optarg, 1, 1ull << 40);
    else if (option == 'c') options.connections = (uint32_t)number_of(optarg, 1, 10000000);
    else if (option == 'r') options.rate = (uint32_t)number_of(optarg, 1, 100000000);
    else if (option == 's') options.seed = number_of(optarg, 1, UINT64_MAX);
    else if (option == 'u') options.microseconds = true;
    else usage();
  }
  if (optind != argc - 1) usage();
  options.output = argv[optind];
  random_state = options.seed * 0x9e3779b97f4a7c15ull | 1;
  out = open(options.output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (out < 0) err(1, "%s", options.output);
  write_file_header();
  generate();
  if (close(out)) err(1, "%s", options.output);
  printf("%llu packets, %u connections at a time, %llu TCP connections, %llu other flows, %llu retransmissions\n",
         (unsigned long long)options.packets, options.connections, (unsigned long long)tcp_connections,
         (unsigned long long)other_flows, (unsigned long long)retransmissions);
  return 0;
}
