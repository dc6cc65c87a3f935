/**
 * The commands an operator types: arguments in, one request to the collector, text and exit code
 * out.
 */
@NullMarked
package io.podhop.cli.command;

import org.jspecify.annotations.NullMarked;
