package io.podhop.pcapng;

/**
 * An interface of a capture file; empty parts are left out.
 *
 * @param name if_name
 * @param description if_description
 * @param filter pcap-filter(7) that was in force, if_filter
 * @param linkType LINKTYPE_*: 1 is Ethernet, 101 raw IP
 * @param snapshotBytes the most that was kept of a packet; 0 is no limit
 */
public record CapturedOn(
    String name, String description, String filter, int linkType, int snapshotBytes) {}
