package io.podhop.agent.audit;

import io.podhop.model.Citation;
import io.podhop.model.Finding;
import io.podhop.model.Finding.Severity;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What one check has to say. */
final class Remarks {
  /** Findings of one check that are told; of more, how many there are. */
  static final int MAX_FINDINGS = 300;

  /** Gaps of one check that are told; of more, how many there are: mostly one for each pod. */
  static final int MAX_GAPS = 3;

  private final String id;
  private final List<Finding> findings = new ArrayList<>();
  private final Set<String> gaps = new LinkedHashSet<>();
  private Optional<String> notMade = Optional.empty();
  private int leftOut;

  Remarks(String id) {
    this.id = id;
  }

  /** Packets are lost because of it. */
  void error(String subject, String sentence, String advice, List<Citation> evidence) {
    add(new Finding(id, Severity.ERROR, subject, sentence, evidence, advice));
  }

  /** It is not as it should be, and nothing need be lost now. */
  void warning(String subject, String sentence, String advice, List<Citation> evidence) {
    add(new Finding(id, Severity.WARNING, subject, sentence, evidence, advice));
  }

  void add(Severity severity, Fault fault) {
    add(
        new Finding(
            id, severity, fault.subject(), fault.sentence(), fault.evidence(), fault.advice()));
  }

  /** A finding without its severity. */
  record Fault(String subject, String sentence, String advice, List<Citation> evidence) {}

  private void add(Finding finding) {
    if (findings.size() < MAX_FINDINGS) {
      findings.add(finding);
    } else {
      leftOut++;
    }
  }

  /** A part of the check that could not be made. */
  void gap(String because) {
    gaps.add(because);
  }

  /** Nothing of the check could be made. */
  void notMade(String because) {
    notMade = Optional.of(because);
  }

  String id() {
    return id;
  }

  boolean made() {
    return notMade.isEmpty();
  }

  List<Finding> findings() {
    return List.copyOf(findings);
  }

  /** Why it was not made, or where it has gaps. */
  List<String> unchecked() {
    List<String> all = new ArrayList<>();
    notMade.ifPresent(all::add);
    gaps.stream().limit(MAX_GAPS).forEach(all::add);
    if (gaps.size() > MAX_GAPS) {
      all.add((gaps.size() - MAX_GAPS) + " more of such gaps");
    }
    if (leftOut > 0) {
      all.add("only the first " + MAX_FINDINGS + " findings are told, " + leftOut + " more exist");
    }
    return all;
  }
}
