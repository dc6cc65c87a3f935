package io.podhop.wire;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import java.util.List;
import java.util.Optional;

/** OTLP attributes: the values that podhop writes and reads. */
public final class OtlpAttributes {
  private OtlpAttributes() {}

  public static KeyValue of(String name, String value) {
    return of(name, AnyValue.newBuilder().setStringValue(value));
  }

  public static KeyValue of(String name, long value) {
    return of(name, AnyValue.newBuilder().setIntValue(value));
  }

  public static KeyValue of(String name, boolean value) {
    return of(name, AnyValue.newBuilder().setBoolValue(value));
  }

  public static KeyValue of(String name, double value) {
    return of(name, AnyValue.newBuilder().setDoubleValue(value));
  }

  public static KeyValue of(String name, ByteString value) {
    return of(name, AnyValue.newBuilder().setBytesValue(value));
  }

  public static KeyValue of(String name, List<String> values) {
    ArrayValue.Builder array = ArrayValue.newBuilder();
    values.forEach(value -> array.addValuesBuilder().setStringValue(value));
    return of(name, AnyValue.newBuilder().setArrayValue(array));
  }

  private static KeyValue of(String name, AnyValue.Builder value) {
    return KeyValue.newBuilder().setKey(name).setValue(value).build();
  }

  public static Optional<AnyValue> find(List<KeyValue> attributes, String name) {
    return attributes.stream()
        .filter(attribute -> attribute.getKey().equals(name))
        .map(KeyValue::getValue)
        .findFirst();
  }
}
