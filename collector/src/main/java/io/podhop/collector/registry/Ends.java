package io.podhop.collector.registry;

import io.podhop.model.Protocol;

/**
 * Both ends of a connection as somebody typed them, resolved.
 *
 * @param protocol as asked for; of the ICMPs the one that belongs to the source's address family
 */
public record Ends(Source source, Destination destination, Protocol protocol) {}
