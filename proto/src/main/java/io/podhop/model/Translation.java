package io.podhop.model;

import java.util.List;

/** Address rewriting of a connection on one node, with its proof. "None" and "not known" differ. */
public sealed interface Translation {
  /** Conntrack entry first, then the rule that made it; empty when nothing could be cited. */
  List<Citation> evidence();

  /** Conntrack holds the connection and its reply tuple is the mirror of the original. */
  record None(List<Citation> evidence) implements Translation {
    public None {
      evidence = List.copyOf(evidence);
    }
  }

  /** The source was rewritten. */
  record Snat(FlowKey before, FlowKey after, List<Citation> evidence) implements Translation {
    public Snat {
      evidence = List.copyOf(evidence);
    }
  }

  /** The destination was rewritten. */
  record Dnat(FlowKey before, FlowKey after, List<Citation> evidence) implements Translation {
    public Dnat {
      evidence = List.copyOf(evidence);
    }
  }

  /** Both ends were rewritten. */
  record Both(FlowKey before, FlowKey after, List<Citation> evidence) implements Translation {
    public Both {
      evidence = List.copyOf(evidence);
    }
  }

  /** Conntrack could not say: no entry, no right to ask, or no answer. */
  record Unknown(String reason, List<Citation> evidence) implements Translation {
    public Unknown {
      evidence = List.copyOf(evidence);
    }
  }

  /** The translation that turns {@code before} into {@code after}. */
  static Translation between(FlowKey before, FlowKey after, List<Citation> evidence) {
    boolean source =
        !before.source().equals(after.source()) || before.sourcePort() != after.sourcePort();
    boolean destination =
        !before.destination().equals(after.destination())
            || before.destinationPort() != after.destinationPort();
    if (before.protocol().isIcmp()) {
      source = !before.source().equals(after.source());
      destination = !before.destination().equals(after.destination());
    }
    if (source && destination) {
      return new Both(before, after, evidence);
    }
    if (source) {
      return new Snat(before, after, evidence);
    }
    return destination ? new Dnat(before, after, evidence) : new None(evidence);
  }
}
