/**
 * How a node rewrites addresses, and by which rule: iptables of both backends, the VPC CNI's native
 * nftables table, and conntrack. Readers yield immutable snapshots; evaluation is pure.
 */
@NullMarked
package io.podhop.agent.nat;

import org.jspecify.annotations.NullMarked;
