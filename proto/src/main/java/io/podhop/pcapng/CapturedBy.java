package io.podhop.pcapng;

/**
 * What a capture file says of itself; empty parts are left out.
 *
 * @param hardware of the machine, shb_hardware
 * @param operatingSystem shb_os
 * @param application shb_userappl
 * @param comment opt_comment of the section
 */
public record CapturedBy(
    String hardware, String operatingSystem, String application, String comment) {}
