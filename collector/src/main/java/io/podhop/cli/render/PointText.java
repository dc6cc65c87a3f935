package io.podhop.cli.render;

import io.podhop.model.ObservationPoint;
import io.podhop.model.Role;

/** A point as {@code place interface}: the place is the pod inside a pod, and the node outside. */
final class PointText {
  private static final int MAX_PLACE = 15;
  private static final int MAX_INTERFACE = 15;

  private PointText() {}

  static String of(ObservationPoint point, int placeWidth, Style style) {
    String name = style.text(point.interfaceName());
    return TextFit.padRight(place(point, style), placeWidth)
        + " "
        + (style.wide() ? name : TextFit.cutEnd(name, MAX_INTERFACE, style.ellipsis()));
  }

  /** EC2's node names are host names: the domain tells nothing and is left out. */
  static String place(ObservationPoint point, Style style) {
    String suffix = " " + point.interfaceName();
    String label = point.label();
    String place = label.substring(0, label.length() - suffix.length());
    if (place.isEmpty()) {
      place = point.node();
    }
    int dot = place.indexOf('.');
    boolean host = point.role() != Role.POD_ETH0 && dot > 0 && !style.wide();
    return style.name(host ? place.substring(0, dot) : place, MAX_PLACE);
  }
}
