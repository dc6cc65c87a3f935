/* What the parts of podd share. */
#ifndef PODD_H
#define PODD_H

#include <stdbool.h>
#include <stdnoreturn.h>

/* Prints "podd: ..." with errno's text when errno is set, and exits 1. */
noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What one server process offers. A port of 0 is not served. */
struct service {
  const char *label;     /* who answers, as HTTP clients read it: "shop/web-0 on node-a" */
  const char *bind;      /* IPv4 address to listen on, NULL for all */
  const char *names;     /* file of "name address" lines for DNS, NULL for none */
  const char *control;   /* path of the control socket, NULL for none */
  const char *root;      /* directory whose files HTTP serves as JSON instead, NULL for none */
  int http, echo, dns;   /* ports: HTTP over TCP; echo and DNS over TCP and UDP */
};

/*
 * Runs PREPARE and then RUN in a child that outlives us and has no terminal; returns its pid once PREPARE is done. Exits when it failed.
 */
int background(void (*prepare)(void *), void (*run)(void *), void *argument);

/* Opens the sockets; after it returns clients are answered as soon as serve() runs. */
void serve_open(const struct service *service);
/* Answers until killed. */
noreturn void serve(void);

/* Sends one command to a server's control socket and waits until it took effect. */
int control_command(const char *socket_path, const char *command);
/* One datagram to ADDRESS:PORT; prints the answer. Exit code 1 when none came within two seconds. */
int udp_call(const char *address, int port, const char *text);

/* Delays the packets of netfilter queue 0 of this network namespace, in the background until SIGTERM, which lets all go on. */
int delay_packets(int milliseconds);
/* COUNT TCP connections that stay open in the background. Fails when one is not answered within two seconds. */
int hold_connections(const char *address, int port, int count);
/* Fills the conntrack table of this network namespace with connections of SOURCE and keeps it full, in the background. */
int fill_conntrack(const char *source);
/* Removes what fill_conntrack put there. */
int empty_conntrack(void);
/* COUNT datagrams, as fast as they go. */
int flood(const char *address, int port, int count);

#endif
