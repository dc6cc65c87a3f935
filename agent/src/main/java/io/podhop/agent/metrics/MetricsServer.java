package io.podhop.agent.metrics;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Serves {@code GET /metrics} and nothing else, on one thread that never waits for a client: who
 * neither asks nor reads within {@value #LIMIT_SECONDS} s is cut off, and so is the connection
 * beyond {@value #MAX_CONNECTIONS}. Each answer ends its connection.
 */
public final class MetricsServer implements AutoCloseable {
  static final int MAX_CONNECTIONS = 16;
  static final int LIMIT_SECONDS = 10;

  private static final int MAX_REQUEST_BYTES = 4 << 10;

  private final MetricsPage page;
  private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final EventLoopGroup thread =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("podhop-metrics", true), NioIoHandler.newFactory());
  private final Channel listening;

  private MetricsServer(MetricsPage page, InetSocketAddress address) throws IOException {
    this.page = page;
    var bound =
        new ServerBootstrap()
            .group(thread)
            .channel(NioServerSocketChannel.class)
            .childHandler(new Connection())
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      var _ = thread.shutdownGracefully(0, 0, TimeUnit.SECONDS);
      throw new IOException(
          "cannot serve metrics on "
              + address.getHostString()
              + ":"
              + address.getPort()
              + ": "
              + bound.cause().getMessage(),
          bound.cause());
    }
    this.listening = bound.channel();
  }

  /**
   * @throws IOException when the address cannot be listened on
   */
  public static MetricsServer start(MetricsPage page, InetSocketAddress address)
      throws IOException {
    return new MetricsServer(page, address);
  }

  public int port() {
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  @Override
  public void close() {
    var _ = listening.close();
    var _ = clients.close();
    var _ = thread.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private final class Connection extends ChannelInitializer<SocketChannel> {
    @Override
    protected void initChannel(SocketChannel client) {
      if (clients.size() >= MAX_CONNECTIONS) {
        var _ = client.close();
        return;
      }
      clients.add(client);
      var _ = client.eventLoop().schedule(() -> cut(client), LIMIT_SECONDS, TimeUnit.SECONDS);
      client
          .pipeline()
          .addLast(
              new ReadTimeoutHandler(LIMIT_SECONDS),
              new HttpServerCodec(),
              new HttpObjectAggregator(MAX_REQUEST_BYTES),
              new Answering());
    }
  }

  private static void cut(Channel client) {
    var _ = client.close();
  }

  private final class Answering extends SimpleChannelInboundHandler<FullHttpRequest> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request)
        throws IOException {
      var _ = context.writeAndFlush(answer(request)).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var _ = context.close();
    }
  }

  private FullHttpResponse answer(FullHttpRequest request) throws IOException {
    String path = request.uri().split("\\?", 2)[0];
    if (request.decoderResult().isFailure()) {
      return text(HttpResponseStatus.BAD_REQUEST);
    }
    if (!path.equals("/metrics")) {
      return text(HttpResponseStatus.NOT_FOUND);
    }
    boolean head = request.method().equals(HttpMethod.HEAD);
    if (!head && !request.method().equals(HttpMethod.GET)) {
      return text(HttpResponseStatus.METHOD_NOT_ALLOWED);
    }
    String accept = request.headers().get(HttpHeaderNames.ACCEPT);
    ByteArrayOutputStream body = new ByteArrayOutputStream(64 << 10);
    String contentType = page.render(accept == null ? "" : accept, body);
    FullHttpResponse response =
        response(HttpResponseStatus.OK, head ? new byte[0] : body.toByteArray());
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.size());
    return response;
  }

  private static FullHttpResponse text(HttpResponseStatus status) {
    return response(status, (status + ": GET /metrics\n").getBytes(StandardCharsets.UTF_8));
  }

  private static FullHttpResponse response(HttpResponseStatus status, byte[] body) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
    response.headers().set(HttpHeaderNames.CONNECTION, "close");
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    return response;
  }
}
