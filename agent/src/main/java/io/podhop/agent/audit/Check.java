package io.podhop.agent.audit;

import java.util.function.BiConsumer;

/**
 * One question to a node.
 *
 * @param id of its findings, as people write it
 * @param look finds what is wrong, and says what could not be looked at
 */
record Check(String id, BiConsumer<NodeFacts, Remarks> look) {}
