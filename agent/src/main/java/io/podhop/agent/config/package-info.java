/** What an operator may choose for the always-on half of an agent, checked when it is read. */
@NullMarked
package io.podhop.agent.config;

import org.jspecify.annotations.NullMarked;
