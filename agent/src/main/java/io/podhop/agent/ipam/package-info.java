/**
 * Who holds an address, and since when, by the word of the VPC CNI: {@code ipamd.log}, {@code
 * plugin.log}, {@code ipam.json} and ipamd's introspection endpoint. {@link
 * io.podhop.agent.ipam.IpamReader} reads, {@link io.podhop.agent.ipam.IpamSnapshot} answers: the
 * timeline of an address, its state at an instant, the node's pool and what limits it.
 */
@NullMarked
package io.podhop.agent.ipam;

import org.jspecify.annotations.NullMarked;
