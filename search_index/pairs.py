"""Pairs of neighbouring words as terms, so that a phrase is looked for in few texts.

A term for every different pair would make the index several times larger. So a pair of two of the words every
paper is full of is a term of its own: that is where most texts would have to be read. All other pairs share
16,384 terms; a document that holds a phrase's shared terms holds the phrase nearly always, and is read to be sure.
"""

import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

_SHARED = 1 << 14
# Folded: what letters, decisions, minutes and curricula of an office are made of.
_EVERYWHERE = """
an anh ba bac bai ban bang bao bat bay bi bien biet binh bo boi bon buoc ca cac cach cai cam can cang canh cao cap cau
chap chat che chi chia chien chin chinh cho chu chua chuan chuc chung chuyen co con cong cu cua cuc cung cuoc cuu da
dai dam dan dang danh dao dau day de den di dia dich diem dien dieu dinh do doan doc doi don dong du dua duc dung duoc
duong duy em gia giac giai giam giao giay gio gioi giu giup ha hai han hang hanh hau he hien hiep hieu hinh ho hoa
hoac hoat hoc hoi hon hop huan huong huu huyen huynh ke ket kha khac khai khan khen kho khoa khoan khoi khong khu
khuyet kiem kien kinh ky la lai lam lan lanh lao lap lau le lien linh lo loai loi lop luan luat luc luong luu ly mac
mai man mat mau may me minh mo moi mon mot mua muc muoi nam nang nao nay nen neu nga ngach ngan nganh ngay nghe nghi
nghia nghiem nghiep ngoai ngoc nguoi nguon nguyen nha nhan nhap nhat nhiem nhieu nhu nhung no noi nuoc o oai ong pham
phan phap phat phe phep phi phieu pho phoi phong phu phuc phung phuong qua quan quang que quoc quy quyen quyet ra
rieng sach sai sang sau sinh so su sua suc sung ta tac tai tam tan tang tao tap tat tay te ten thai tham than thang
thanh thao that thay the theo thi thich thien thiet thieu tho thoi thong thu thuan thuc thue thuoc thuong thuy ti tich
tien tiep tieu tim tin tinh to toa toan toi ton tong tot tra trach trai tram tran tren tri trien trinh tro trong tru
trung truoc truong truyen tu tuc tung tuoi tuong tuyen ty ung uy va vai van vao vay ve vi viec vien viet vinh vo voi
von vu vung xa xac xay xem xet xin xu xuat xuong y yen yeu
"""
COMMON = frozenset(_EVERYWHERE.split())


@lru_cache(maxsize=400_000)
def pair(first: str, second: str) -> str:
    """Return the term of two folded words side by side."""
    if first in COMMON and second in COMMON:
        return f"{first} {second}"
    return f"{zlib.crc32(f'{first} {second}'.encode()) % _SHARED:04x}"


def pairs(folded: Sequence[str]) -> Iterator[str]:
    """Return the terms of a run of folded words."""
    return map(pair, folded, folded[1:])


def is_proof(term: str) -> bool:
    """Return whether a document with this term holds these two words side by side, and no others."""
    return " " in term
