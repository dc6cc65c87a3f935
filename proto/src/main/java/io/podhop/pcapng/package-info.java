/** Capture files in the pcapng format, written for people who open them in Wireshark. */
@NullMarked
package io.podhop.pcapng;

import org.jspecify.annotations.NullMarked;
