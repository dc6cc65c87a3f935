/**
 * The one door to the kernel: namespaces, netlink, raw sockets, poll, /proc and external programs.
 * Native calls go through jnr; every answer of the kernel is bounds-checked, every failure is typed
 * and counted.
 */
@NullMarked
package io.podhop.agent.linux;

import org.jspecify.annotations.NullMarked;
