package io.podhop.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The shape of one program: a value goes one way through its stages, and imports go the other way.
 * A stage is a package right below {@code root}.
 */
public final class Architecture {
  private static final String[] NATIVE = {"jnr..", "com.kenai.jffi..", "com.sun.jna.."};

  private static final Pattern GENERATED = Pattern.compile(".*/io/podhop/(.*/)?v1/.*");

  private final String root;
  private final Map<String, Set<String>> mayUse;
  private final Set<String> edges;

  /**
   * @param mayUse for each stage the other stages that it may use; {@code wire} stands for the
   *     messages, ours and their mapping. Every stage may use the model
   * @param edges full names of the interfaces that may have less than two implementations, because
   *     the second one is outside
   */
  public Architecture(String root, Map<String, Set<String>> mayUse, Set<String> edges) {
    this.root = root;
    this.mayUse = mayUse;
    this.edges = edges;
  }

  /**
   * The module's own classes, without its tests and the {@code v1} packages, which are generated.
   */
  public static JavaClasses ownClasses() {
    return new ClassFileImporter()
        .withImportOption(location -> !location.matches(GENERATED))
        .importPath("target/classes");
  }

  public Stream<ArchRule> rules() {
    return Stream.of(
            stagesUseOnlyWhatTheyMay(),
            stagesHaveNoCycle(),
            onlyTheRootPutsTogether(),
            oneDoorToTheKernel(),
            nativeCallsGoThroughJnr(),
            noDumpingGround(),
            noPublicState(),
            onlyMainSpeaksToTheTerminal(),
            interfacesAreNeeded())
        .map(rule -> rule.allowEmptyShould(true));
  }

  private ArchRule stagesUseOnlyWhatTheyMay() {
    return classes()
        .that()
        .resideInAPackage(root + ".*..")
        .should(new UseOnlyAllowedStages(root, mayUse))
        .as("a stage uses only the stages that the table allows");
  }

  private ArchRule stagesHaveNoCycle() {
    return slices().matching(root + ".(*)..").should().beFreeOfCycles();
  }

  private ArchRule onlyTheRootPutsTogether() {
    return noClasses()
        .that()
        .resideInAPackage(root + ".*..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(root);
  }

  private static ArchRule oneDoorToTheKernel() {
    return noClasses()
        .that()
        .resideOutsideOfPackages("io.podhop.agent.linux..", "io.podhop.agent.capture..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(NATIVE)
        .as("native calls are made in linux and capture only");
  }

  private static ArchRule nativeCallsGoThroughJnr() {
    return noClasses().should().dependOnClassesThat().resideInAPackage("java.lang.foreign..");
  }

  private static ArchRule noDumpingGround() {
    return noClasses()
        .should()
        .haveNameMatching(".*(Util|Utils|Helper|Helpers|Manager|Impl|Common|Misc|Base)")
        .orShould()
        .resideInAnyPackage("..util..", "..utils..", "..common..", "..helper..", "..misc..");
  }

  private static ArchRule noPublicState() {
    return noFields()
        .that()
        .areNotFinal()
        .should()
        .bePublic()
        .orShould()
        .beStatic()
        .because("state belongs to an object that someone owns");
  }

  private static ArchRule onlyMainSpeaksToTheTerminal() {
    return noClasses()
        .that()
        .resideOutsideOfPackage("io.podhop")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .because("commands write to the PrintWriters of picocli and return an exit code");
  }

  private ArchRule interfacesAreNeeded() {
    return classes()
        .that()
        .areInterfaces()
        .and()
        .areNotAnnotations()
        .and()
        .doNotHaveSimpleName("package-info")
        .and()
        .areNotAnnotatedWith(FunctionalInterface.class)
        .should(new HaveTwoImplementations(edges));
  }
}
