package io.podhop.agent.capture;

/**
 * An interface as a capture file describes it.
 *
 * @param name if_name; empty when the file has none
 * @param description if_description; empty when the file has none
 * @param linkType LINKTYPE_*
 */
public record FileInterface(String name, String description, int linkType) {}
