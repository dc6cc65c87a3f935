package io.podhop.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {
  @ParameterizedTest
  @CsvSource({
    "192.168.1.21,192.168.1.21",
    "0.0.0.0,0.0.0.0",
    "255.255.255.255,255.255.255.255",
    "::,::",
    "::1,::1",
    "2001:DB8:0:0:1:0:0:1,2001:db8::1:0:0:1",
    "2001:db8:0:1:1:1:1:1,2001:db8:0:1:1:1:1:1",
    "fe80:ec2::1,fe80:ec2::1",
    "1::,1::",
    "64:ff9b::192.0.2.33,64:ff9b::c000:221",
    "::ffff:10.0.0.1,10.0.0.1"
  })
  void parse_numericText_printsCanonicalForm(String text, String canonical) {
    assertThat(IpAddress.parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "1..2.3",
        "a.b.c.d",
        "1.2.3.4 ",
        ":",
        ":::",
        "1::2::3",
        "12345::",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7",
        "::1.2.3",
        "g::",
        "localhost"
      })
  void tryParse_notAnAddress_isEmpty(String text) {
    assertThat(IpAddress.tryParse(text)).isEmpty();
    assertThatThrownBy(() -> IpAddress.parse(text)).hasMessageContaining("'" + text + "'");
  }

  @Test
  void toString_randomAddresses_roundTripsAndAgreesWithTheJdk() throws UnknownHostException {
    Random random = new Random(4711);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
      random.nextBytes(bytes);
      for (int j = 0; j < bytes.length; j++) {
        bytes[j] = random.nextInt(3) == 0 ? bytes[j] : 0;
      }
      IpAddress address = IpAddress.ofBytes(bytes);

      assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
      assertThat(InetAddress.getByName(address.toString()))
          .isEqualTo(InetAddress.getByAddress(address.toBytes()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "192.168.0.0/16,192.168.33.7,true",
    "192.168.0.0/16,192.169.0.1,false",
    "10.100.0.10/32,10.100.0.10,true",
    "0.0.0.0/0,8.8.8.8,true",
    "0.0.0.0/0,::1,false",
    "2001:db8::/32,2001:db8:1::1,true",
    "2001:db8::/32,2001:db9::1,false",
    "fd00::/8,192.168.0.1,false",
    "2001:db8::8000:0:0:0/65,2001:db8::8000:0:0:1,true",
    "2001:db8::8000:0:0:0/65,2001:db8::1,false"
  })
  void contains_addressAndRange_followsThePrefix(String cidr, String address, boolean inside) {
    assertThat(Cidr.parse(cidr).contains(IpAddress.parse(address))).isEqualTo(inside);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "/8", "::/129", "1.2.3.4/8/8"})
  void tryParse_notACidr_isEmpty(String text) {
    assertThat(Cidr.tryParse(text)).isEmpty();
  }
}
