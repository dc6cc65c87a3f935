package io.podhop.collector.api;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.podhop.collector.explain.Explainer;
import io.podhop.collector.explain.NodeQuestions;
import io.podhop.collector.explain.PathQuestion;
import io.podhop.collector.registry.AgentStatus;
import io.podhop.collector.registry.Names;
import io.podhop.collector.registry.Registry;
import io.podhop.collector.registry.Resolution;
import io.podhop.collector.registry.Source;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import io.podhop.v1.AddressQuestion;
import io.podhop.v1.AddressRequest;
import io.podhop.v1.AddressResponse;
import io.podhop.v1.AuditNode;
import io.podhop.v1.AuditResponse;
import io.podhop.v1.DescribeNode;
import io.podhop.v1.ExplainGrpc;
import io.podhop.v1.ExplainRequest;
import io.podhop.v1.Explanation;
import io.podhop.v1.NodeAnswer;
import io.podhop.v1.NodeDescription;
import io.podhop.v1.NodeQuestion;
import io.podhop.v1.NodeRequest;
import io.podhop.wire.ExplainCodec;
import io.podhop.wire.ModelCodec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Answers from what nodes know, a bounded number of questions at a time. */
public final class ExplainService extends ExplainGrpc.ExplainImplBase {
  /** Questions that may be under way at one time. */
  static final int MAX_RUNNING = 32;

  private final Registry registry;
  private final Names names;
  private final NodeQuestions questions;
  private final Explainer explainer;
  private final Semaphore running = new Semaphore(MAX_RUNNING);

  public ExplainService(Registry registry, Names names, NodeQuestions questions) {
    this.registry = registry;
    this.names = names;
    this.questions = questions;
    this.explainer = new Explainer(names, questions);
  }

  @Override
  public void explainPath(ExplainRequest request, StreamObserver<Explanation> response) {
    answer(
        response,
        () ->
            switch (explainer.explain(question(request))) {
              case Resolution.Found<io.podhop.model.Explanation> found ->
                  ExplainCodec.encode(found.value());
              case Resolution.Refused<io.podhop.model.Explanation> refused ->
                  throw refused.observable()
                      ? usage(refused.sentence())
                      : Status.FAILED_PRECONDITION
                          .withDescription(refused.sentence())
                          .asRuntimeException();
            });
  }

  private static PathQuestion question(ExplainRequest request) {
    int number = request.getProtocol();
    Protocol protocol =
        number == 0
            ? Protocol.TCP
            : Protocol.ofNumber(number).orElseThrow(() -> usage("no protocol " + number));
    return new PathQuestion(
        request.getSource(),
        request.getDestination(),
        request.getNamespace(),
        request.getPort(),
        protocol,
        request.getSourcePort(),
        request.getLength());
  }

  @Override
  public void getAddress(AddressRequest request, StreamObserver<AddressResponse> response) {
    answer(
        response,
        () -> {
          AddressQuestion question = question(request);
          AddressResponse.Builder all =
              AddressResponse.newBuilder().setAddress(request.getAddress());
          gather(
              nodes(""),
              NodeQuestion.newBuilder().setAddress(question).build(),
              (_, answer) -> all.addNodes(answer.getAddress()),
              all::addSilentNodes);
          return all.build();
        });
  }

  private AddressQuestion question(AddressRequest request) {
    if (request.getPod().isEmpty()) {
      IpAddress address =
          IpAddress.tryParse(request.getAddress())
              .orElseThrow(() -> usage("no address: '" + request.getAddress() + "'"));
      return AddressQuestion.newBuilder()
          .setAddress(ModelCodec.encode(address))
          .setAtNs(request.getAtNs())
          .build();
    }
    if (request.getAtNs() != 0) {
      throw usage("an instant is asked about an address, not about a pod");
    }
    return AddressQuestion.newBuilder()
        .setPod(pod(request.getPod(), request.getNamespace()))
        .build();
  }

  /** A pod that is gone is still in a history: only a name without namespace must be known now. */
  private String pod(String text, String namespace) {
    if (text.indexOf('/') >= 0 || !namespace.isEmpty()) {
      return text.indexOf('/') >= 0 ? text : namespace + "/" + text;
    }
    return switch (names.source(text, namespace)) {
      case Resolution.Found<Source> found when !found.value().pod().isEmpty() ->
          found.value().pod();
      case Resolution.Found<Source> _ -> throw usage(text + " is a node, not a pod");
      case Resolution.Refused<Source> refused -> throw usage(refused.sentence());
    };
  }

  @Override
  public void describeNode(NodeRequest request, StreamObserver<NodeDescription> response) {
    NodeQuestion question =
        NodeQuestion.newBuilder().setDescribe(DescribeNode.getDefaultInstance()).build();
    answer(
        response,
        () -> {
          String node = nodes(request.getNode()).getFirst();
          return switch (questions.ask(node, question)) {
            case NodeQuestions.Said said -> said.answer().getDescription();
            case NodeQuestions.Silent silent ->
                throw Status.FAILED_PRECONDITION
                    .withDescription("nothing from node " + node + ": " + silent.reason())
                    .asRuntimeException();
          };
        });
  }

  @Override
  public void auditNodes(NodeRequest request, StreamObserver<AuditResponse> response) {
    NodeQuestion question =
        NodeQuestion.newBuilder().setAudit(AuditNode.getDefaultInstance()).build();
    answer(
        response,
        () -> {
          AuditResponse.Builder all = AuditResponse.newBuilder();
          gather(
              nodes(request.getNode()),
              question,
              (_, answer) -> all.addReports(answer.getAudit()),
              all::addSilentNodes);
          return all.build();
        });
  }

  /** The named node, or all. */
  private List<String> nodes(String wanted) {
    List<String> all = registry.nodes().stream().map(AgentStatus::node).toList();
    if (all.isEmpty()) {
      throw Status.FAILED_PRECONDITION
          .withDescription(
              "no agent has registered with this collector: start `podhop agent --collector"
                  + " HOST:PORT` on the nodes")
          .asRuntimeException();
    }
    if (wanted.isEmpty()) {
      return all;
    }
    if (!all.contains(wanted)) {
      throw usage("no node " + wanted + "; there is: " + String.join(", ", all));
    }
    return List.of(wanted);
  }

  private void gather(
      List<String> nodes,
      NodeQuestion question,
      BiConsumer<String, NodeAnswer> said,
      Consumer<String> silent)
      throws InterruptedException {
    Map<String, NodeQuestion> asked = new LinkedHashMap<>();
    nodes.forEach(node -> asked.put(node, question));
    Map<String, NodeQuestions.Answer> answers = questions.ask(asked);
    for (String node : nodes) {
      switch (Optional.ofNullable(answers.get(node))
          .orElse(new NodeQuestions.Silent("it was not asked"))) {
        case NodeQuestions.Said answer -> said.accept(node, answer.answer());
        case NodeQuestions.Silent s -> silent.accept(node + ": " + s.reason());
      }
    }
  }

  /** Something that makes an answer. */
  @FunctionalInterface
  private interface Work<A> {
    A answer() throws InterruptedException;
  }

  private <A> void answer(StreamObserver<A> response, Work<A> work) {
    if (!running.tryAcquire()) {
      response.onError(
          Status.RESOURCE_EXHAUSTED
              .withDescription(MAX_RUNNING + " questions are asked already: try again in a moment")
              .asRuntimeException());
      return;
    }
    try {
      response.onNext(work.answer());
      response.onCompleted();
    } catch (StatusRuntimeException e) {
      response.onError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      response.onError(
          Status.UNAVAILABLE.withDescription("the collector is stopping").asRuntimeException());
    } finally {
      running.release();
    }
  }

  private static StatusRuntimeException usage(String sentence) {
    return Status.INVALID_ARGUMENT.withDescription(sentence).asRuntimeException();
  }
}
