package io.podhop.agent.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.ipam.Samples;
import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.Link;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every line of the samples of real nodes is understood. */
class SampleRoutesTest {
  private static final String RULES =
      """
      iprule-3eni-externalsnat-false-liarlee.txt, 58
      iprule-3eni-externalsnat-true-liarlee.txt, 58
      iprule-iproute-bottlerocket-issue3436.txt, 10
      iprule-leaked-issue2048.txt, 2
      iprule-sgp-leaked-detached-pr1376.txt, 4
      iprule-trunk-strict-v1.18-anngdinh.txt, 10
      iprule-v1.21.1-sirzzang-32765.txt, 7
      """;
  private static final String ROUTES =
      """
      iproute-main-3eni-v1.18x-anngdinh.txt, 11
      iproute-main-3nodes-v1.21.1-solidcellaMoon.txt, 17
      iproute-main-table2-table3-3eni-liarlee.txt, 41
      iproute-table101-trunk-strict-v1.18-anngdinh.txt, 3
      iproute-table102-trunk-strict-v1.18-anngdinh.txt, 3
      iproute-trunk-strict-v1.18-anngdinh.txt, 5
      """;
  private static final String ADDRESSES =
      """
      ipaddr-3eni-v1.18x-anngdinh.txt, 13, 18
      ipaddr-podns-issue1423.txt, 2, 2
      ipaddr-trunk-strict-v1.18-anngdinh.txt, 10, 14
      podns-ipaddr-strict-sgp-v1.18-anngdinh.txt, 2, 4
      """;
  private static final Pattern IS_RULE = Pattern.compile("(\\d+:\\s+)?(not )?from .*");

  @Test
  void samples_allOfTheseKinds_haveExpectations() throws IOException {
    Set<String> known =
        (RULES + ROUTES + ADDRESSES)
            .lines()
            .map(line -> line.substring(0, line.indexOf(',')))
            .collect(Collectors.toSet());
    known.addAll(
        List.of(
            "ipaddr-iproute-v1.12era-al2-eksami2023.txt", "arp-trunk-strict-v1.18-anngdinh.txt"));
    Samples.assertAllKnown(Pattern.compile("(iprule|iproute|ipaddr|arp)-.*"), known);
  }

  @ParameterizedTest
  @CsvSource(textBlock = RULES)
  void rules_sample_everyLineRead(String name, int rules) {
    String text =
        Samples.text(name)
            .lines()
            .filter(line -> IS_RULE.matcher(line).matches() || name.startsWith("iprule-v"))
            .collect(Collectors.joining("\n"));

    RouteText.Parsed<PolicyRule> parsed = RouteText.rules(text);

    assertThat(parsed.unread()).isEmpty();
    assertThat(parsed.values()).hasSize(rules);
  }

  @ParameterizedTest
  @CsvSource(textBlock = ROUTES)
  void routes_sample_everyLineRead(String name, int routes) {
    RouteText.Parsed<Route> parsed = RouteText.routes(Samples.text(name));

    assertThat(parsed.unread()).isEmpty();
    assertThat(parsed.values()).hasSize(routes);
  }

  @Test
  void routes_sampleOfThreeTables_tablesTold() {
    assertThat(
            RouteText.routes(Samples.text("iproute-main-table2-table3-3eni-liarlee.txt")).values())
        .extracting(Route::place)
        .contains("table main", "table 2", "table 3");
  }

  @ParameterizedTest
  @CsvSource(textBlock = ADDRESSES)
  void links_sample_everyLineRead(String name, int links, int addresses) {
    RouteText.Parsed<Link> parsed = RouteText.links(Samples.text(name));

    assertThat(parsed.unread()).isEmpty();
    assertThat(parsed.values()).hasSize(links);
    RouteText.Parsed<InterfaceAddress> found = RouteText.addresses(Samples.text(name));
    assertThat(found.values()).hasSize(addresses);
  }

  @Test
  void mixedSamples_everyPartRead() {
    String[] parts = Samples.text("ipaddr-iproute-v1.12era-al2-eksami2023.txt").split("\n\n", 2);
    assertThat(RouteText.links(parts[0]).unread()).isEmpty();
    assertThat(RouteText.links(parts[0]).values()).hasSize(4);
    assertThat(RouteText.routes(parts[1]).unread()).isEmpty();
    assertThat(RouteText.routes(parts[1]).values()).hasSize(4);
    String[] rulesAndRoutes =
        Samples.text("iprule-iproute-bottlerocket-issue3436.txt").split("\n\n", 2);
    assertThat(RouteText.routes(rulesAndRoutes[1]).unread()).isEmpty();
    assertThat(RouteText.routes(rulesAndRoutes[1]).values()).hasSize(9);
    String arp = Samples.text("arp-trunk-strict-v1.18-anngdinh.txt");
    assertThat(RouteText.neighbours(arp).unread()).isEmpty();
    assertThat(RouteText.neighbours(arp).values()).hasSize(16);
    String pod = Samples.text("podns-arp-strict-sgp-v1.18-anngdinh.txt");
    assertThat(RouteText.neighbours(pod).values())
        .extracting(Neighbour::state)
        .containsExactly("PERMANENT");
    List<String> sections =
        Arrays.asList(Samples.text("podns-ipaddr-iproute-arp-v1.18x-anngdinh.txt").split("\n\n"));
    assertThat(RouteText.links(sections.get(0)).unread()).isEmpty();
    assertThat(RouteText.routes(sections.get(1)).unread()).isEmpty();
  }
}
