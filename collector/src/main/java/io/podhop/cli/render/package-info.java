/**
 * Pure functions from model values to text for people (80 columns, or wide) and to JSON and YAML.
 * Text that came from the network is escaped here and nowhere else.
 */
@NullMarked
package io.podhop.cli.render;

import org.jspecify.annotations.NullMarked;
