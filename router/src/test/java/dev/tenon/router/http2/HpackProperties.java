package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.HeaderField.Indexing;
import io.netty.handler.codec.http2.Http2Exception;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Our codec beside Netty's: what one writes, the other reads as the same. */
class HpackProperties {
  /** One block: before it, the table's size may change, more than once. */
  record Step(List<Integer> sizes, List<HeaderField> fields) {}

  @Provide
  Arbitrary<Step> steps() {
    Arbitrary<Integer> size = Arbitraries.of(0, 40, 100, 700, 4096, 5000);
    Arbitrary<List<Integer>> sizes = size.list().ofMaxSize(3);
    Arbitrary<List<Integer>> seldom =
        Arbitraries.frequencyOf(Tuple.of(4, Arbitraries.just(List.of())), Tuple.of(1, sizes));
    return Combinators.combine(seldom, fields().list().ofMaxSize(25)).as(Step::new);
  }

  @Provide
  Arbitrary<byte[]> anyBlocks() {
    return Arbitraries.bytes().array(byte[].class).ofMaxSize(300);
  }

  /** Few names and values, so that they come again, and now and then a new one. */
  private static Arbitrary<HeaderField> fields() {
    Arbitrary<String> any =
        Arbitraries.integers().between(0, 255).list().ofMaxSize(60).map(HpackProperties::text);
    Arbitrary<String> names =
        Arbitraries.oneOf(
            Arbitraries.of(
                ":path", ":method", ":status", "te", "content-type", "x-a", "x-b", "cookie"),
            Arbitraries.integers().between(1, 40).map(i -> "x".repeat(i)),
            any.filter(name -> !name.isEmpty())); // see isEmpty
    Arbitrary<String> values =
        Arbitraries.oneOf(
            Arbitraries.of("", "/", "200", "GET", "trailers", "application/grpc", "b", "c"),
            Arbitraries.integers().between(1, 600).map(i -> "v".repeat(i)),
            Arbitraries.just("w".repeat(4100)),
            any);
    return Combinators.combine(names, values, Arbitraries.of(Indexing.class)).as(HeaderField::of);
  }

  private static String text(List<Integer> bytes) {
    StringBuilder text = new StringBuilder();
    bytes.forEach(b -> text.append((char) b.intValue()));
    return text.toString();
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void encode_anyLists_areReadByNettyAsTheyWere(
      @ForAll @Size(max = 12) List<@From("steps") Step> steps,
      @ForAll @IntRange(max = 4096) int ownTable)
      throws Http2Exception {
    HpackEncoder encoder = new HpackEncoder(ownTable);
    NettyCodec netty = new NettyCodec(512);
    for (Step step : steps) {
      for (int size : step.sizes) {
        netty.maxTableOfDecoder(size);
        encoder.peerTableSize(size);
      }
      ByteBuffer block = Blocks.encode(encoder, step.fields);

      assertThat(netty.decode(block)).isEqualTo(NettyCodec.inItsOrder(step.fields));
    }
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void decode_whatNettyWrites_isAsItWas(
      @ForAll @Size(max = 12) List<@From("steps") Step> steps,
      @ForAll @IntRange(max = 100) int huffmanFrom)
      throws Exception {
    NettyCodec netty = new NettyCodec(huffmanFrom);
    HpackDecoder decoder = new HpackDecoder(8192, Blocks.NO_LIMIT);
    List<HeaderField> into = new ArrayList<>();
    for (Step step : steps) {
      for (int size : step.sizes) {
        netty.maxTableOfEncoder(size);
      }
      assertThat(decoder.decode(netty.encode(step.fields), into)).isTrue();

      assertThat(Blocks.texts(into)).isEqualTo(NettyCodec.inItsOrder(step.fields));
    }
  }

  /** Callers' fields, as they were decoded, go to providers in any order; Netty reads the same. */
  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void relay_callersToProviders_nothingChanges(
      @ForAll @Size(max = 20) List<@From("steps") Step> steps,
      @ForAll @Size(20) List<@IntRange(max = 2) Integer> callers,
      @ForAll @Size(20) List<@IntRange(max = 1) Integer> providers)
      throws Exception {
    NettyCodec[] callerEnds = {new NettyCodec(0), new NettyCodec(9), new NettyCodec(512)};
    HpackDecoder[] decoders = {Blocks.decoder(), Blocks.decoder(), Blocks.decoder()};
    HpackEncoder[] encoders = {new HpackEncoder(4096), new HpackEncoder(1000)};
    NettyCodec[] providerEnds = {new NettyCodec(0), new NettyCodec(0)};
    List<HeaderField> into = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      int caller = callers.get(i);
      int provider = providers.get(i);
      for (int size : step.sizes) {
        providerEnds[provider].maxTableOfDecoder(size);
        encoders[provider].peerTableSize(size);
      }
      decoders[caller].decode(callerEnds[caller].encode(step.fields), into);
      ByteBuffer block = Blocks.encode(encoders[provider], into);

      assertThat(providerEnds[provider].decode(block))
          .isEqualTo(NettyCodec.inItsOrder(step.fields));
    }
  }

  /** Whatever comes, it is refused or read as by Netty, and what is kept is within the limits. */
  @Property(tries = 1_000, edgeCases = EdgeCasesMode.NONE)
  void decode_anyBytes_areReadOrRefused(
      @ForAll @Size(max = 8) List<@From("anyBlocks") byte[]> blocks,
      @ForAll @IntRange(max = 2_000) int limit)
      throws Http2Exception {
    decodeAll(blocks, limit);
  }

  /** Blocks that were right, with a few bytes changed, cut or doubled. */
  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void decode_brokenBlocks_areReadOrRefused(
      @ForAll @Size(max = 6) List<@From("steps") Step> steps,
      @ForAll @Size(6) List<@IntRange(max = 10_000) Integer> places,
      @ForAll @Size(6) List<Byte> bytes,
      @ForAll @IntRange(max = 20_000) int limit)
      throws Http2Exception {
    NettyCodec netty = new NettyCodec(0);
    List<byte[]> blocks = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      byte[] block = netty.encode(steps.get(i).fields).array();
      if (block.length > 0) {
        block[places.get(i) % block.length] = bytes.get(i);
      }
      blocks.add(block);
    }
    decodeAll(blocks, limit);
  }

  private static void decodeAll(List<byte[]> blocks, int limit) throws Http2Exception {
    HpackDecoder decoder = new HpackDecoder(4096, limit);
    NettyCodec netty = new NettyCodec(0);
    boolean isJudged = true;
    List<HeaderField> into = new ArrayList<>(Blocks.fields("left: over"));
    try {
      for (byte[] bytes : blocks) {
        ByteBuffer block = ByteBuffer.wrap(bytes);
        boolean within = decoder.decode(block, into);

        assertThat(block.hasRemaining()).isFalse();
        int size = into.stream().mapToInt(HeaderField::size).sum();
        assertThat(size).isLessThanOrEqualTo(limit);
        isJudged &= within && into.stream().noneMatch(HpackProperties::isEmpty);
        if (isJudged) {
          assertThat(netty.decode(ByteBuffer.wrap(bytes))).isEqualTo(NettyCodec.inItsOrder(into));
        }
        if (within) {
          HpackDecoder other = Blocks.decoder();
          List<HeaderField> again = new ArrayList<>();
          other.decode(Blocks.encode(new HpackEncoder(4096), into), again);
          assertThat(Blocks.texts(again)).isEqualTo(Blocks.texts(into));
        }
      }
    } catch (Http2Fault refused) {
      assertThat(refused.code()).isEqualTo(ErrorCode.COMPRESSION_ERROR);
      assertThat(refused.stream()).isZero();
    }
  }

  /** Netty 4.2.18 loses a table that is full of entries without name and value. */
  private static boolean isEmpty(HeaderField field) {
    return field.size() == HeaderField.OVERHEAD_BYTES;
  }
}
