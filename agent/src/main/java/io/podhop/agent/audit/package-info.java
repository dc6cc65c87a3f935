/**
 * A node held against what the VPC CNI should have written on it: policy rules, routes, addresses,
 * iptables, the inside of pods, kernel parameters. Pure: a view of a node gives a report, whether
 * the node is at hand or a support bundle. A check whose input is missing says so; it never passes.
 */
@NullMarked
package io.podhop.agent.audit;

import org.jspecify.annotations.NullMarked;
