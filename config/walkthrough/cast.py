"""Who appears in the walk-through. Every person and institution is invented."""

from dataclasses import dataclass

PASSWORD = "walk-through-2026"  # noqa: S105  printed on the screen of whoever runs it


@dataclass(frozen=True)
class House:
    name: str
    kind: str
    country: str
    city: str


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    profession: str = ""
    house: str = ""
    orcid: str = ""
    reason: str = ""


CHILDREN = "Hospital Pediátrico Santa Aurélia"
INSTITUTE = "Institute for Rare Paediatric Diseases, Northern Shore University"
LABORATORY = "Laboratoire de génétique médicale des Trois-Vallées"

HOUSES = (
    House(CHILDREN, "hospital", "PT", "Coimbra"),
    House(INSTITUTE, "university", "JP", "Sendai"),
    House(LABORATORY, "laboratory", "FR", "Grenoble"),
)

AMARA = Person("Amara Nwosu-Castellanos", "amara@commission.example")
SIGRUN = Person("Sigrún Þorvaldsdóttir", "sigrun@commission.example")
FOUNDERS = (AMARA, SIGRUN)

MARIA = Person(
    "Maria Inês de Vasconcelos e Albuquerque-Meirelles",
    "maria@santa-aurelia.example",
    "Paediatric neurologist",
    CHILDREN,
    reason="I lead the study of undiagnosed epilepsies of early childhood and bring the case histories of our ward.",
)
KENJI = Person(
    "Kenji Watanabe-Lindholm",
    "kenji@northern-shore.example",
    "Biostatistician",
    INSTITUTE,
    reason="I re-analyse published remission trials with the methods the commission has agreed on.",
)
ELOISE = Person(
    "Éloïse Dubreuil",
    "eloise@trois-vallees.example",
    "Clinical geneticist",
    LABORATORY,
    reason="Our laboratory reads the exomes of the children in the study and needs their phenotypes.",
)
SEUN = Person(
    "Oluwaseun Adébáyò",
    "seun@northern-shore.example",
    "Neuroradiologist",
    INSTITUTE,
    reason="I am the second reader of all images of the study.",
)
CONTRIBUTORS = (MARIA, KENJI, ELOISE, SEUN)

FRIEDERIKE = Person(
    "Friederike Oberländer-Szczepańska",
    "friederike@audit.example",
    "Auditor of clinical trials",
    CHILDREN,
    reason="I am to check for the ethics committee who has seen what.",
)
TOMAS = Person(
    "Tomás Ó Maoilchiaráin",
    "tomas@trois-vallees.example",
    "Laboratory physician",
    LABORATORY,
    reason="I would like to bring the metabolic profiles of eleven children to the study.",
)
OUTSIDE = ("Wanjiru Kamau", "wanjiru@outside-site.example")
COLLEAGUE = "colleague@partner-hospital.example"
