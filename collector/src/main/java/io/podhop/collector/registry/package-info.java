/**
 * Who is out there: the agents that registered, their nodes, pods, ENIs and services as last told,
 * and what the names that people type mean.
 */
@NullMarked
package io.podhop.collector.registry;

import org.jspecify.annotations.NullMarked;
