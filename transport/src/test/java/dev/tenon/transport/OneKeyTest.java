package dev.tenon.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which key a connection shows. */
class OneKeyTest {
  private static OneKey of(String algorithm) throws Exception {
    KeyPair pair = KeyPairGenerator.getInstance(algorithm).generateKeyPair();
    return new OneKey(pair.getPrivate(), List.of());
  }

  @Test
  void choose_typeOfTheKey_isIt() throws Exception {
    OneKey key = of("EC");

    for (String type : new String[] {"EC", "EC_EC", "EC_RSA"}) {
      assertThat(key.chooseEngineServerAlias(type, null, null)).isNotNull();
      assertThat(key.getServerAliases(type, null)).hasSize(1);
    }
    String[] asked = {"RSA", "EC"};
    String alias = key.chooseEngineClientAlias(asked, null, null);
    assertThat(alias).isNotNull().isEqualTo(key.chooseClientAlias(asked, null, null));
    assertThat(key.getPrivateKey(alias)).isNotNull();
    assertThat(key.getCertificateChain(alias)).isEmpty();
  }

  @Test
  void choose_anotherType_none() throws Exception {
    OneKey key = of("RSA");

    for (String type : new String[] {"EC", "DSA", "RSASSA-PSS", ""}) {
      assertThat(key.chooseEngineServerAlias(type, null, null)).isNull();
      assertThat(key.chooseServerAlias(type, null, null)).isNull();
      assertThat(key.getClientAliases(type, null)).isNull();
    }
    assertThat(key.chooseEngineClientAlias(new String[] {"EC"}, null, null)).isNull();
    assertThat(key.chooseEngineClientAlias(new String[0], null, null)).isNull();
    assertThat(key.getPrivateKey("another")).isNull();
    assertThat(key.getCertificateChain("another")).isNull();
  }

  @Test
  void toString_ofAKey_tellsNothing() throws Exception {
    assertThat(of("EC")).hasToString("OneKey[redacted]");
  }
}
