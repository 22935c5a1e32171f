"""What hepatrend is for and not for: the one wording, on the start page, the methods page and every report."""

FOR = "Retrospective review of laboratory trends by qualified professionals, and research."
NOT_FOR = "Not for alarms, triage or dosing, and never the sole basis of a decision. Not CE-marked, not FDA-cleared."
PURPOSE = f"{FOR} {NOT_FOR}"
WHAT_A_FINDING_IS = (
    "A finding says which published threshold was met, by which values, on which dates. It is a pattern in numbers "
    "that has other explanations too; it is not a diagnosis and suggests no action."
)
