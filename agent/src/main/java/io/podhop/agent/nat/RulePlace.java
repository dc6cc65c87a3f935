package io.podhop.agent.nat;

/** Where a rule stands. */
public record RulePlace(Backend backend, String table, String chain) {}
