/**
 * The packaged program in the lab: two nodes, real pods, one collector, one agent per node, and the
 * command line as people type it.
 */
@NullMarked
package io.podhop.e2e;

import org.jspecify.annotations.NullMarked;
