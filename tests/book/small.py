"""A small book that is whole and sound, for tests that break it in one place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SMALL: dict[str, str] = {
    "grand_challenges": "code,name,source\nclimate,Climate,made up\n",
    "missions": "code,grand_challenge,name,deadline,source\nwarm,climate,Warm homes,2030-12-31,made up\n",
    "indicators": "code,name,unit,direction,adding,definition,iris_id\nhomes,Homes,homes,increase,latest,Each once,\n",
    "sectors": "vocabulary,code,name\nNACE,F,Construction\n",
    "targets": (
        "code,fund,mission,indicator,baseline_value,baseline_on,value,due_on,source\n"
        "warm-homes,hearth,warm,homes,0,2023-12-31,100,2029-12-31,made up\n"
    ),
    "parties": (
        "code,name,kind,country,group\nministry,Ministry,contributor,DE,\nhousing,Housing Co-operative,business,DE,\n"
    ),
    "people": (
        "code,name,email,role,party\nofficer,Officer,officer@bank.example,officer,\n"
        "board,Board,board@bank.example,board,\noffice,Office,office@housing.example,investee,housing\n"
    ),
    "funds": (
        "code,name,currency,mandate,recycling,opened_on,business_day\n"
        "hearth,Hearth Fund,EUR,Warm homes,full,2024-01-01,2025-03-31\n"
    ),
    "fund_missions": "fund,mission\nhearth,warm\n",
    "fund_limits": "fund,basis,subject,amount,valid_from,source\nhearth,ticket,,500000.00,2024-01-01,mandate\n",
    "contributions": (
        "code,fund,party,amount,received_on,by\ncapital-1,hearth,ministry,1000000.00,2024-01-02,officer\n"
    ),
    "running_costs": "code,fund,amount,paid_on,reason,by\ncosts-1,hearth,1000.00,2024-12-16,audit,officer\n",
    "projects": (
        "code,name,description,place,country,total_cost,currency\nstreet,A street,,Elm Street,DE,900000.00,EUR\n"
    ),
    "project_missions": "project,mission,by\nstreet,warm,officer\n",
    "project_sectors": "project,vocabulary,sector\nstreet,NACE,F\n",
    "co_finance": (
        "code,project,co_investor,kind,amount,currency,committed_on,by\n"
        "street-co,street,Savings bank,private,400000.00,EUR,2024-02-01,officer\n"
    ),
    "deals": (
        "code,fund,project,investee,title,purpose,proposed_on,by\n"
        "D-1,hearth,street,housing,A street,renovation,2024-01-08,officer\n"
    ),
    "loans": (
        "code,deal,commitment,rate,day_count,repayment,first_due_on,months_between,instalments\n"
        "D-1-L,D-1,400000.00,0.03,30E/360,linear,2024-12-31,6,8\n"
    ),
    "deal_stages": (
        "deal,stage,happened_on,reason,by\nD-1,appraised,2024-02-05,sound,officer\nD-1,approved,2024-03-04,agreed,board\n"
        "D-1,contracted,2024-06-24,signed,officer\nD-1,active,2024-06-30,drawn,officer\n"
    ),
    "drawdowns": "code,instrument,amount,effective_on,by\nout-1,D-1-L,400000.00,2024-06-30,officer\n",
    "receipts": (
        # half a year on 400,000 at 3 % is 6,000; an eighth of 400,000 is 50,000
        "code,instrument,part,amount,cost,effective_on,by\nin-1,D-1-L,debt_service,56000.00,,2024-12-31,officer\n"
    ),
    "covenants": (
        "code,deal,clause,kind,condition_family,indicator,direction,tolerance,grace_days,remedy_days,agreed_on,public,by\n"
        "D-1-homes,D-1,Homes renovated,mission,directionality,homes,at_least,0.1,30,90,2024-06-24,yes,officer\n"
    ),
    "trajectories": "covenant,expected_on,value\nD-1-homes,2024-06-30,0\nD-1-homes,2024-12-31,20\n",
    "covenant_tests": "covenant,period_start,period_end,due_on\nD-1-homes,2024-07-01,2024-12-31,2025-01-31\n",
    "reports": (
        "deal,period_end,version,submitted_on,signed_by,statement,evidence,by\n"
        "D-1,2024-12-31,1,2025-01-20,Office,,site visits,office\n"
    ),
    "report_values": "deal,period_end,version,indicator,value\nD-1,2024-12-31,1,homes,21\n",
}


def write_book(folder: Path, files: Mapping[str, str | bytes] = SMALL) -> Path:
    """Write a book's files into a folder and return it."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        raw = content if isinstance(content, bytes) else content.encode()
        (folder / f"{name}.csv").write_bytes(raw)
    return folder


def broken_book(folder: Path, file: str, old: str, new: str | bytes) -> Path:
    """Write the small book with one text of one file replaced by another."""
    assert SMALL[file].count(old) >= 1, f"{file} holds no “{old}”"
    head, _, tail = SMALL[file].partition(old)
    raw = new if isinstance(new, bytes) else new.encode()
    changed: dict[str, str | bytes] = {**SMALL, file: head.encode() + raw + tail.encode()}
    return write_book(folder, changed)
