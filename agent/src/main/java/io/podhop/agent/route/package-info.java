/**
 * Where a packet should go: the node's policy rules, routes, links and neighbours as the kernel
 * lists them, and a pure prediction from them that cites the rule and the route.
 */
@NullMarked
package io.podhop.agent.route;

import org.jspecify.annotations.NullMarked;
