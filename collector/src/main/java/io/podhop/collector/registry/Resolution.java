package io.podhop.collector.registry;

/** What a name that somebody typed means, or why that cannot be said. */
public sealed interface Resolution<T> {
  record Found<T>(T value) implements Resolution<T> {}

  /**
   * @param observable false when the name is clear and only its agent is missing
   */
  record Refused<T>(boolean observable, String sentence) implements Resolution<T> {}

  static <T> Resolution<T> usage(String sentence) {
    return new Refused<>(true, sentence);
  }

  static <T> Resolution<T> notObservable(String sentence) {
    return new Refused<>(false, sentence);
  }
}
