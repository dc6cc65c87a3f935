package io.podhop.cli.render;

import io.podhop.model.Explanation;
import java.util.ArrayList;
import java.util.List;

/** The answer of {@code podhop explain} for people. */
public final class ExplanationText {
  private ExplanationText() {}

  /** Lines ended by newlines; each fits 80 columns unless the style is wide. */
  public static String of(Explanation explanation, Style style) {
    List<String> lines =
        new ArrayList<>(
            HeaderText.of(
                explanation.source(), explanation.destination(), explanation.protocol(), style));
    TranslationText translations = new TranslationText(new Names(explanation), style);
    lines.addAll(new LegTable(explanation.legs(), translations, style).lines());
    lines.addAll(new VerdictText(style).predicted(explanation.verdict()));
    for (String note : explanation.notes()) {
      lines.addAll(TextFit.hanging("note  ", style.text(note), style.width()));
    }
    return String.join("\n", lines) + "\n";
  }
}
