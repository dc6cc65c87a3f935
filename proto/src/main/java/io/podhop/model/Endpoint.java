package io.podhop.model;

/** One end of a connection: an address, a port, and who held the address. */
public record Endpoint(IpAddress address, int port, Owner owner) {}
