package io.podhop.cli.client;

import io.podhop.model.Protocol;

/**
 * Whose way to whom is to be explained.
 *
 * @param namespace for ends that name none
 * @param port 0 for the service's own, else 80
 * @param length bytes of the IP packet; 0 for one that is small
 */
public record ExplainQuestion(
    TraceQuestion.Ends ends, String namespace, int port, Protocol protocol, int length) {}
