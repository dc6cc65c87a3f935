package io.podhop.cli.command;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;

/**
 * Ctrl-C, termination and hang-up of this process, told instead of ending it while this is open. A
 * shutdown hook hears of the first one only, and nothing can be asked of a person after it.
 *
 * <p>The JDK's only door to signals is {@code sun.misc.Signal}, which javac warns of wherever it is
 * named; hence by reflection. Signals that the process was started to ignore stay ignored.
 */
final class Signals implements AutoCloseable {
  private final Map<Kind, Object> before = new EnumMap<>(Kind.class);

  private Signals() {}

  private enum Kind {
    HUP(1),
    INT(2),
    TERM(15);

    private final int number;

    Kind(int number) {
      this.number = number;
    }
  }

  /**
   * Begins to tell of signals. A JVM that leaves them to the system (-Xrs) ends by them as ever.
   *
   * @param told takes a signal's number, each on a thread of its own
   */
  static Signals open(IntConsumer told) {
    Signals signals = new Signals();
    for (Kind kind : Kind.values()) {
      signals.tell(kind, handler(() -> told.accept(kind.number)));
    }
    return signals;
  }

  private void tell(Kind kind, Object handler) {
    try {
      before.put(kind, handle(kind, handler));
    } catch (InvocationTargetException notOurs) {
      before.remove(kind);
    }
  }

  private static Object handler(Runnable told) {
    Class<?> type = type("sun.misc.SignalHandler");
    return Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (_, method, arguments) -> {
          if (method.getDeclaringClass().equals(Object.class)) {
            return method.invoke(told, arguments);
          }
          told.run();
          return null;
        });
  }

  /** Returns who was told before. */
  private static Object handle(Kind kind, Object handler) throws InvocationTargetException {
    Class<?> signal = type("sun.misc.Signal");
    try {
      Method handle = signal.getMethod("handle", signal, type("sun.misc.SignalHandler"));
      Object named = signal.getConstructor(String.class).newInstance(kind.name());
      return Objects.requireNonNull(handle.invoke(null, named, handler), "handler before");
    } catch (NoSuchMethodException | IllegalAccessException | InstantiationException e) {
      throw new IllegalStateException("this JDK has another sun.misc.Signal", e);
    }
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("this JDK has no module jdk.unsupported", e);
    }
  }

  /** Signals mean again what they meant. */
  @Override
  public void close() {
    before.forEach(
        (kind, handler) -> {
          try {
            handle(kind, handler);
          } catch (InvocationTargetException e) {
            throw new IllegalStateException("a signal cannot be given back", e);
          }
        });
  }
}
