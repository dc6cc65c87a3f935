/** What an operator types; talks to the collector. */
@NullMarked
package io.podhop.cli;

import org.jspecify.annotations.NullMarked;
